"""Tables over hand-made files, for the tests of the SerDes."""

from typing import Any

from tests.local.conftest import AthenaLake

OPENCSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
REGEX = "org.apache.hadoop.hive.serde2.RegexSerDe"
OPENX = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
ORC = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
AVRO = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
_TEXT = "org.apache.hadoop.mapred.TextInputFormat"


def glue_columns(text: str) -> list[dict[str, str]]:
    """`a:int b:array<string>` as Glue has it."""
    return [dict(zip(("Name", "Type"), item.split(":", 1), strict=True)) for item in text.split()]


def make(
    lake: AthenaLake, name: str, serde: str, columns: str, files: dict[str, bytes] | bytes, *, keys: str = "",
    properties: dict[str, str] | None = None, inputs: str = _TEXT, **given: Any,
) -> None:  # fmt: skip
    """A table over the files put at `<name>/`; `given` are the SerDe's parameters, dots written as `__`."""
    for key, body in (files if isinstance(files, dict) else {"a": files}).items():
        lake.put(f"{name}/{key}", body)
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": properties or {},
            "PartitionKeys": glue_columns(keys),
            "StorageDescriptor": {
                "Columns": glue_columns(columns),
                "Location": lake.at(f"{name}/"),
                "InputFormat": inputs,
                "SerdeInfo": {
                    "SerializationLibrary": serde,
                    "Parameters": {k.replace("__", "."): v for k, v in given.items()},
                },
            },
        },
    )


def add_partition(lake: AthenaLake, table: str, values: list[str], **descriptor: Any) -> None:
    """Register a partition below the table's location; `descriptor` replaces parts of the table's."""
    found = lake.glue.get_table(DatabaseName=lake.database, Name=table)["Table"]
    names = [k["Name"] for k in found["PartitionKeys"]]
    folder = "/".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
    own = {**found["StorageDescriptor"], "Location": lake.at(f"{table}/{folder}/"), **descriptor}
    lake.glue.create_partition(
        DatabaseName=lake.database, TableName=table, PartitionInput={"Values": values, "StorageDescriptor": own}
    )
