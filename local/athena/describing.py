"""DESCRIBE, in the padded lines of Hive. Source: Athena user guide, DESCRIBE; Hive's MetaDataFormatUtils."""

import datetime as dt
from typing import Any

from local.athena import catalog
from local.athena.hivelex import Cursor
from local.athena.hivetable import semantic
from local.athena.hivetext import Lines, existing_partition, existing_table
from local.athena.iceberg import is_iceberg
from local.athena.results import Column
from local.athena.sqltypes import split_top

_BLANK = "\t \t "
# SerDes whose column comments Hive takes from the metastore; the others give "from deserializer".
_NATIVE = ("LazySimpleSerDe", "OrcSerde", "ParquetHiveSerDe", "ColumnarSerDe", "LazyBinaryColumnarSerDe")


def describe(text: str, database: str) -> Lines:
    """DESCRIBE [EXTENDED | FORMATTED] table [PARTITION (...)] [column[.field | .'$elem$' | ...]]"""
    cursor = Cursor(text)
    cursor.one_of("DESCRIBE", "DESC")
    detail = next((word for word in ("EXTENDED", "FORMATTED") if cursor.accept(word)), "")
    path: list[str] = []
    if cursor.at("TABLE"):  # not part of the syntax: Athena takes it for the name
        raise semantic("[Error 10001]: Table not found table")
    table = existing_table(cursor.table(database, trino=True))
    if is_iceberg(table) and cursor.is_done():
        from local.athena.iceberg.showing import describe as describe_iceberg

        shown = describe_iceberg(table, is_formatted=bool(detail))
        return [Column(name, "string") for name in ("col_name", "data_type", "comment")], [[row] for row in shown]
    partition = existing_partition(table, cursor.spec()) if cursor.at("PARTITION") else None
    if not cursor.is_done():
        path = _path(cursor)
    cursor.end()
    columns = [Column(name, "string") for name in ("col_name", "data_type", "comment")]
    if path:
        return columns, [[_of_path(table, path)]]
    rows = _columns(table)
    if detail == "FORMATTED":
        rows += _formatted(table, partition)
    elif detail:
        rows += [_BLANK, f"Detailed Table Information\t{_thrift(table)}\t"]
    return columns, [[row] for row in rows]


def _line(name: str, kind: str, comment: str = "") -> str:
    return f"{name.ljust(20)}\t{kind.ljust(20)}\t{comment.ljust(20)}"


def _columns(table: catalog.Table) -> list[str]:
    library = str((table["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary", ""))
    is_native = not library or library.rpartition(".")[2] in _NATIVE
    rows = [
        _line(one["Name"], one.get("Type", "string"), one.get("Comment") or ("" if is_native else "from deserializer"))
        for one in table["StorageDescriptor"].get("Columns") or []
    ]
    keys = [
        _line(one["Name"], one.get("Type", "string"), one.get("Comment") or "")
        for one in table.get("PartitionKeys") or []
    ]
    if not keys:
        return rows
    heading = _line("# col_name", "data_type", "comment")
    return [*rows, *keys, _BLANK, f"# Partition Information{_BLANK}", heading, _BLANK, *keys]


def _path(cursor: Cursor) -> list[str]:
    found = [cursor.name()]
    while cursor.accept("."):
        found.append(cursor.value().lower())
    return found


def _of_path(table: catalog.Table, path: list[str]) -> str:
    kinds = dict(catalog.columns(table) + catalog.partition_keys(table))
    if path[0] not in kinds:
        raise semantic(f"[Error 10002]: Invalid column reference {path[0]}")
    kind, name = kinds[path[0]], path[0]
    for name in path[1:]:
        inner = _inner(kind, name)
        if inner is None:
            raise semantic(f"[Error 10002]: Invalid column reference {'.'.join(path)}")
        kind = inner
    return _line(name, kind, "from deserializer" if len(path) > 1 else "")


def _inner(kind: str, name: str) -> str | None:
    """The type of an array's element, a map's key or value, a struct's field; None if there is no such part."""
    if kind.startswith("array<"):
        return kind[6:-1] if name == "$elem$" else None
    if kind.startswith("map<"):
        return dict(zip(("$key$", "$value$"), split_top(kind[4:-1]), strict=True)).get(name)
    if kind.startswith("struct<"):
        return dict(field.split(":", 1) for field in split_top(kind[7:-1])).get(name)
    return None


def _formatted(table: catalog.Table, partition: catalog.Partition | None) -> list[str]:
    held = partition or table
    storage, kind = held["StorageDescriptor"], "Partition" if partition else "Table"
    serde = storage.get("SerdeInfo") or {}
    rows = [_BLANK, f"# Detailed {kind} Information{_BLANK}"]
    if partition:
        rows.append(_pair("Partition Value:", f"[{', '.join(partition['Values'])}]"))
    rows.append(_pair("Database:", table["DatabaseName"]))
    rows.append(_pair("Table:", table["Name"]) if partition else _pair("Owner:", table.get("Owner") or "hadoop"))
    created = held.get("CreateTime") or held.get("CreationTime") or 0
    rows += [
        _pair("CreateTime:", f"{dt.datetime.fromtimestamp(int(created), dt.UTC):%a %b %d %H:%M:%S UTC %Y}"),
        _pair("LastAccessTime:", "UNKNOWN"),
        _pair("Protect Mode:", "None"),
        _pair("Retention:", str(table.get("Retention") or 0)),
        _pair("Location:", storage.get("Location") or ""),
    ]
    if not partition:
        rows.append(_pair("Table Type:", table.get("TableType") or ""))
    rows += [f"{kind} Parameters:{_BLANK}", *_parameters(held.get("Parameters") or {})]
    rows += [
        _BLANK,
        f"# Storage Information{_BLANK}",
        _pair("SerDe Library:", serde.get("SerializationLibrary") or ""),
        _pair("InputFormat:", storage.get("InputFormat") or ""),
        _pair("OutputFormat:", storage.get("OutputFormat") or ""),
        _pair("Compressed:", "Yes" if storage.get("Compressed") else "No"),
        _pair("Num Buckets:", str(storage.get("NumberOfBuckets", -1))),
        _pair("Bucket Columns:", f"[{', '.join(storage.get('BucketColumns') or [])}]"),
        _pair("Sort Columns:", f"[{', '.join(one['Column'] for one in storage.get('SortColumns') or [])}]"),
        f"Storage Desc Params:{_BLANK}",
        *_parameters(serde.get("Parameters") or {}),
    ]
    return rows


def _pair(label: str, value: str) -> str:
    return f"{label.ljust(20)}\t{value.ljust(20)}\t "


def _parameters(held: dict[str, str]) -> list[str]:
    return [f"\t{key.ljust(20)}\t{value.ljust(20)}" for key, value in sorted(held.items())]


def _thrift(table: catalog.Table) -> str:
    storage = table["StorageDescriptor"]
    serde = storage.get("SerdeInfo") or {}
    return (
        f"Table(tableName:{table['Name']}, dbName:{table['DatabaseName']}, owner:{table.get('Owner') or 'hadoop'}, "
        f"createTime:{int(table.get('CreateTime') or 0)}, lastAccessTime:0, retention:{table.get('Retention') or 0}, "
        f"sd:StorageDescriptor(cols:{_schema(storage.get('Columns'))}, location:{storage.get('Location')}, "
        f"inputFormat:{storage.get('InputFormat')}, outputFormat:{storage.get('OutputFormat')}, "
        f"compressed:{str(bool(storage.get('Compressed'))).lower()}, numBuckets:{storage.get('NumberOfBuckets', -1)}, "
        f"serdeInfo:SerDeInfo(name:null, serializationLib:{serde.get('SerializationLibrary')}, "
        f"parameters:{_map(serde.get('Parameters'))}), bucketCols:[{', '.join(storage.get('BucketColumns') or [])}], "
        f"sortCols:[{', '.join(one['Column'] for one in storage.get('SortColumns') or [])}], parameters:{{}}, "
        "skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[], skewedColValueLocationMaps:{}), "
        f"storedAsSubDirectories:false), partitionKeys:{_schema(table.get('PartitionKeys'))}, "
        f"parameters:{_map(table.get('Parameters'))}, viewOriginalText:{table.get('ViewOriginalText') or 'null'}, "
        f"viewExpandedText:{table.get('ViewExpandedText') or 'null'}, tableType:{table.get('TableType')})"
    )


def _schema(columns: list[dict[str, Any]] | None) -> str:
    shown = [
        f"FieldSchema(name:{one['Name']}, type:{one.get('Type')}, comment:{one.get('Comment') or 'null'})"
        for one in columns or []
    ]
    return f"[{', '.join(shown)}]"


def _map(held: dict[str, str] | None) -> str:
    return "{" + ", ".join(f"{key}={value}" for key, value in sorted((held or {}).items())) + "}"
