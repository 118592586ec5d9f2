"""Iceberg tables, as Athena engine version 3 has them, through PyIceberg on the embedded Glue and S3.

`catalog` and `io` stand between PyIceberg and the stack; `opening`, `tasks`, `filters`, `mapping` and `scan` read;
`files`, `buckets` and `commit` write data files, deletes and snapshots; `write` is CTAS and INSERT, `grammar` and
`modify` are UPDATE, DELETE and MERGE, `maintain` is OPTIMIZE and VACUUM; `ddl`, `properties`, `showing` and
`metatables` are what their names say.
"""

from typing import Any

OPENED = "__iceberg"  # in a planned scan's table: what `opening` chose
CTAS_PROPERTIES = frozenset(
    {"partitioning", "write_compression", "compression_level", "write_target_data_file_size_bytes",
     "vacuum_min_snapshots_to_keep", "vacuum_max_metadata_files_to_keep", "vacuum_max_snapshot_age_seconds",
     "optimize_rewrite_min_data_file_size_bytes", "optimize_rewrite_max_data_file_size_bytes",
     "optimize_rewrite_data_file_threshold", "optimize_rewrite_delete_file_threshold"}
)  # fmt: skip


def is_iceberg(table: dict[str, Any]) -> bool:
    """Whether a Glue table is an Iceberg table: its parameter `table_type`, in any case.

    Asked of every table, so it stands where PyIceberg need not be imported.
    """
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"
