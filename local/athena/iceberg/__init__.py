"""Iceberg tables, as Athena engine version 3 has them, through PyIceberg on the embedded Glue and S3.

`catalog` and `io` stand between PyIceberg and the stack; `scan`, `mapping`, `filters` and `opening` read; `files` and
`commit` write data files, position deletes and snapshots; `write` is CTAS and INSERT, `modify` is UPDATE, DELETE and
MERGE, `maintain` is OPTIMIZE and VACUUM; `ddl`, `properties`, `showing` and `metatables` are what their names say.
"""
