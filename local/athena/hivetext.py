"""What all Hive statements share: how they name an existing table and its partitions, how they answer."""

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.hivetable import semantic
from local.athena.results import Column

Lines = tuple[list[Column], list[list[str]]]
NOTHING: Lines = ([], [])
# What Hive's FileUtils.escapePathName writes as %XX in the folder of a partition.
_ESCAPED = frozenset("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(1, 32)}
_NULL = "__HIVE_DEFAULT_PARTITION__"


def one(column: str, rows: list[str]) -> Lines:
    """A result of one text column."""
    return [Column(column, "string")], [[row] for row in rows]


def existing_table(named: tuple[str, str]) -> catalog.Table:
    """The table (database, name). Raises QueryFailed."""
    schema, name = named
    table = catalog.find_table(schema, name)
    if table is None:
        raise semantic(f"[Error 10001]: Table not found {schema}.{name}")
    return table


def existing_database(name: str) -> str:
    """Its name. Raises QueryFailed."""
    if catalog.find_database(name) is None:
        raise semantic(f"[Error 10072]: Database does not exist: {name}")
    return name


def partition_name(table: catalog.Table, values: list[str]) -> str:
    """`day=2026-01-01/hour=5`, as a partition's folder is named and as SHOW PARTITIONS prints it."""
    names = [name for name, _ in catalog.partition_keys(table)]
    return "/".join(f"{name}={path_escaped(value)}" for name, value in zip(names, values, strict=True))


def path_escaped(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED else c for c in value) or _NULL


def partition_values(table: catalog.Table, spec: dict[str, str]) -> list[str]:
    """The values of a PARTITION (...) clause in the order of the table's keys. Raises QueryFailed."""
    names = [name for name, _ in catalog.partition_keys(table)]
    if unknown := sorted(set(spec) - set(names)):
        raise semantic(f"[Error 10098]: Non-Partition column appears in the partition specification: {unknown[0]}")
    if set(spec) != set(names):
        raise semantic(f"partition spec {shown_spec(spec)} doesn't contain all ({len(names)}) partition columns")
    return [spec[name] for name in names]


def shown_spec(spec: dict[str, str]) -> str:
    """As Java prints a map: {day=1, hour=2}."""
    return "{" + ", ".join(f"{name}={value}" for name, value in spec.items()) + "}"


def existing_partition(table: catalog.Table, spec: dict[str, str]) -> catalog.Partition:
    """The registered partition of a PARTITION (...) clause. Raises QueryFailed."""
    values = partition_values(table, spec)
    found = catalog.find_partition(table, values)
    if found is None:
        shown = ", ".join(f"{name} = '{value}'" for name, value in spec.items())
        raise semantic(f"[Error 10006]: Partition not found ({shown})")
    return found


def unsupported(what: str) -> QueryFailed:
    """A statement that Athena refuses, by name ("Unsupported DDL")."""
    return QueryFailed("NOT_SUPPORTED", f"{what} is not supported")
