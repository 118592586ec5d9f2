"""CREATE EXTERNAL TABLE in Hive's grammar to a Glue TableInput. Source: Athena user guide, CREATE TABLE."""

import re
import time
from typing import Any

from local.athena.errors import QueryFailed
from local.athena.hivelex import Cursor

_HIVE = "org.apache.hadoop.hive."
_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_LAZY = f"{_HIVE}serde2.lazy.LazySimpleSerDe"
# STORED AS word -> InputFormat, OutputFormat, SerDe when ROW FORMAT names none (Hive's StorageFormatDescriptors).
FORMATS = {
    "TEXTFILE": (_TEXT_IN, f"{_HIVE}ql.io.HiveIgnoreKeyTextOutputFormat", _LAZY),
    "SEQUENCEFILE": (
        "org.apache.hadoop.mapred.SequenceFileInputFormat",
        f"{_HIVE}ql.io.HiveSequenceFileOutputFormat",
        _LAZY,
    ),
    "RCFILE": (
        f"{_HIVE}ql.io.RCFileInputFormat",
        f"{_HIVE}ql.io.RCFileOutputFormat",
        f"{_HIVE}serde2.columnar.LazyBinaryColumnarSerDe",
    ),
    "ORC": (f"{_HIVE}ql.io.orc.OrcInputFormat", f"{_HIVE}ql.io.orc.OrcOutputFormat", f"{_HIVE}ql.io.orc.OrcSerde"),
    "PARQUET": (
        f"{_HIVE}ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "AVRO": (
        f"{_HIVE}ql.io.avro.AvroContainerInputFormat",
        f"{_HIVE}ql.io.avro.AvroContainerOutputFormat",
        f"{_HIVE}serde2.avro.AvroSerDe",
    ),
    "ION": (
        "com.amazon.ionhiveserde.formats.IonInputFormat",
        "com.amazon.ionhiveserde.formats.IonOutputFormat",
        "com.amazon.ionhiveserde.IonHiveSerDe",
    ),
}
_DELIMITERS = (
    (("FIELDS", "TERMINATED", "BY"), "field.delim"),
    (("ESCAPED", "BY"), "escape.delim"),
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "collection.delim"),
    (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
    (("LINES", "TERMINATED", "BY"), "line.delim"),
    (("NULL", "DEFINED", "AS"), "serialization.null.format"),
)


def unquoted(name: str) -> str:
    """A name without quotes, in lower case."""
    return name.strip().strip('`"').lower()


def failed(detail: str) -> QueryFailed:
    """An error of Hive's DDLTask."""
    return QueryFailed(
        "", f"FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {detail}"
    )


def semantic(detail: str) -> QueryFailed:
    """An error of Hive's analyser: `detail` starts with `[Error 10001]: ` where Hive numbers it."""
    return QueryFailed("", f"FAILED: SemanticException {detail}")


def parse(sql: str, database: str) -> tuple[str, dict[str, Any], bool]:
    """Database, TableInput, and whether IF NOT EXISTS was said. Raises QueryFailed."""
    cursor = Cursor(sql)
    cursor.expect("CREATE", "EXTERNAL", "TABLE")
    is_lenient = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.table(database)
    table = _Table()
    if cursor.at("("):
        table.columns = cursor.columns()
    while not cursor.is_done():
        table.clause(cursor)
    return schema, table.input(name), is_lenient


class _Table:
    """What the clauses of one statement say."""

    def __init__(self) -> None:
        self.columns: list[dict[str, str]] = []
        self._keys: list[dict[str, str]] = []
        self._buckets: list[str] = []
        self._sorted: list[dict[str, Any]] = []
        self._bucket_count = -1
        # Without STORED AS Athena registers this output format (PyAthena's tests on AWS: test_create_table_json).
        self._formats = (_TEXT_IN, f"{_HIVE}ql.io.IgnoreKeyTextOutputFormat", _LAZY)
        self._serde = ""
        self._serde_parameters: dict[str, str] = {}
        self._parameters: dict[str, str] = {}
        self._location: str | None = None

    def clause(self, cursor: Cursor) -> None:
        """One clause; Athena takes WITH SERDEPROPERTIES after ROW FORMAT and after STORED AS."""
        if cursor.accept("COMMENT"):
            self._parameters["comment"] = cursor.string()
        elif cursor.accept("PARTITIONED", "BY"):
            self._keys = cursor.columns()
        elif cursor.accept("CLUSTERED", "BY"):
            self._clustered(cursor)
        elif cursor.accept("ROW", "FORMAT", "SERDE"):
            self._serde = cursor.string()
        elif cursor.accept("ROW", "FORMAT", "DELIMITED"):
            self._delimited(cursor)
        elif cursor.accept("WITH", "SERDEPROPERTIES"):
            self._serde_parameters |= cursor.pairs()
        elif cursor.accept("STORED", "AS"):
            self._stored(cursor)
        elif cursor.accept("LOCATION"):
            # Registered without its last slash (PyAthena's tests on AWS: test_reflect_table).
            self._location = re.sub(r"(?<=[^/])(/[^/]+)/$", r"\1", location(cursor.string()))
        elif cursor.accept("TBLPROPERTIES"):
            self._parameters |= cursor.pairs()
        else:
            raise cursor.fail()

    def _clustered(self, cursor: Cursor) -> None:
        self._buckets = cursor.names()
        if cursor.accept("SORTED", "BY"):
            cursor.expect("(")
            while True:
                column, is_down = cursor.name(), cursor.accept("DESC")
                if not is_down:
                    cursor.accept("ASC")
                self._sorted.append({"Column": column, "SortOrder": 0 if is_down else 1})
                if not cursor.accept(","):
                    break
            cursor.expect(")")
        cursor.expect("INTO")
        self._bucket_count = cursor.number()
        cursor.expect("BUCKETS")

    def _delimited(self, cursor: Cursor) -> None:
        found = True
        while found:
            found = False
            for words, key in _DELIMITERS:
                if cursor.accept(*words):
                    self._serde_parameters[key], found = cursor.string(), True
        if "field.delim" in self._serde_parameters:
            self._serde_parameters.setdefault("serialization.format", self._serde_parameters["field.delim"])

    def _stored(self, cursor: Cursor) -> None:
        if cursor.accept("INPUTFORMAT"):
            inputs = cursor.string()
            cursor.expect("OUTPUTFORMAT")
            self._formats = (inputs, cursor.string(), _LAZY)
        else:
            self._formats = FORMATS[cursor.one_of(*FORMATS)]

    def input(self, name: str) -> dict[str, Any]:
        """The TableInput. Raises QueryFailed for what Hive's analyser refuses."""
        if self._location is None:
            raise semantic("[Error 10000]: A LOCATION is required for an external table")
        if not self.columns:
            raise semantic("[Error 10043]: Either list of columns or a custom serializer should be specified")
        self._check_names()
        inputs, outputs, serde = self._formats
        return {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(time.time())), **self._parameters},
            "PartitionKeys": self._keys,
            "StorageDescriptor": {
                "Columns": self.columns,
                "Location": self._location,
                "InputFormat": inputs,
                "OutputFormat": outputs,
                "Compressed": False,
                "NumberOfBuckets": self._bucket_count,
                "BucketColumns": self._buckets,
                "SortColumns": self._sorted,
                "SerdeInfo": {
                    "SerializationLibrary": self._serde or serde,
                    "Parameters": self._serde_parameters or {"serialization.format": "1"},
                },
                "SkewedInfo": {"SkewedColumnNames": [], "SkewedColumnValues": [], "SkewedColumnValueLocationMaps": {}},
                "StoredAsSubDirectories": False,
            },
        }

    def _check_names(self) -> None:
        names: list[str] = []
        for column in self.columns:
            if column["Name"] in names:
                raise semantic(f"[Error 10036]: Duplicate column name: {column['Name']}")
            names.append(column["Name"])
        for key in self._keys:
            if key["Name"] in names:
                raise semantic("[Error 10035]: Column repeated in partitioning columns")
        for bucketed in self._buckets:
            if bucketed not in names:
                raise semantic("[Error 10002]: Invalid column reference")


def location(uri: str) -> str:
    """An S3 folder; a bare bucket needs its slash ("Table location in Amazon S3"). Raises QueryFailed."""
    scheme, _, rest = uri.partition("://")
    if scheme.lower() not in ("s3", "s3a", "s3n"):
        raise failed(f"MetaException(message:java.io.IOException: No FileSystem for scheme: {scheme})")
    if "/" not in rest:
        raise failed(
            "MetaException(message:java.lang.IllegalArgumentException: Can not create a Path from an empty string)"
        )
    return uri
