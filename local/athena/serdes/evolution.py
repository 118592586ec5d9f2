"""Partitions whose columns are not their table's: what matches what, and which types may differ.

Sources: docs.aws.amazon.com/athena/latest/ug/updates-and-partitions.html; Trino's HiveCoercionPolicy for the types.
"""

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.serdes.datafile import DataFile

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_TEXT = ("string", "varchar", "char")


def columns_by_place(table: catalog.Table, own: list[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """For each of the table's columns the partition's column at the same place, where it has one."""
    return {name: own[i] for i, (name, _) in enumerate(catalog.columns(table)) if i < len(own)}


def check_types(table: catalog.Table, name: str, hive: str, file: DataFile) -> None:
    """Raises QueryFailed, in Athena's words, when the partition's type cannot become the table's."""
    declared = dict(catalog.columns(table))[name]
    if can_coerce(hive, declared):
        return
    keys = [n for n, _ in catalog.partition_keys(table)]
    where = "/".join(f"{k}={v}" for k, v in zip(keys, file.partition, strict=False))
    raise QueryFailed(
        "HIVE_PARTITION_SCHEMA_MISMATCH",
        "There is a mismatch between the table and partition schemas. The types are incompatible and cannot be "
        f"coerced. The column '{name}' in table '{table.get('DatabaseName', '')}.{table['Name']}' is declared as type "
        f"'{declared}', but partition '{where}' declared column '{name}' as type '{hive}'.",
    )


def can_coerce(own: str, declared: str) -> bool:
    """Whether a value of a partition's Hive type may be shown as the table's."""
    have, want = own.lower().replace("integer", "int"), declared.lower().replace("integer", "int")
    if have.startswith(("array", "map", "struct")):
        return want.startswith(have[:3])
    if have == want or (have.startswith("decimal") and want.startswith("decimal")):
        return True
    if have in _WHOLE and want in _WHOLE:
        return _WHOLE.index(have) < _WHOLE.index(want)
    if have == "float" and want == "double":
        return True
    is_text = have.startswith(_TEXT)
    is_number = have in _WHOLE or have.startswith(("decimal", "float", "double", "date"))
    return (is_text and (want in _WHOLE or want.startswith(("double", "date", "timestamp", *_TEXT)))) or (
        want.startswith(_TEXT) and (is_number or have.startswith(("timestamp", *_TEXT)))
    )
