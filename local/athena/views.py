"""CREATE [OR REPLACE] VIEW: checked against the tables it names, then stored in Glue as Athena stores it."""

import duckdb
from sqlglot import exp

from local.athena import catalog, planning, syntax
from local.athena.errors import QueryFailed
from local.athena.statements import Statement


def create(statement: Statement, database: str, planner: duckdb.DuckDBPyConnection) -> None:
    """Raises QueryFailed when it exists (and is not to be replaced), or its query is wrong."""
    tree = statement.tree
    if not isinstance(tree, exp.Create):
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "CREATE VIEW without a tree")
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    schema, name = (target.db or database).lower(), target.name.lower()
    if catalog.find_database(schema) is None:
        raise QueryFailed("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{schema}' does not exist")
    existing = catalog.find_table(schema, name)
    where = f"{catalog.CATALOG}.{schema}.{name}"
    if existing is not None and not tree.args.get("replace"):
        raise QueryFailed("ALREADY_EXISTS", f"line 1:1: View already exists: '{where}'")
    if existing is not None and not catalog.is_view(existing):
        raise QueryFailed("ALREADY_EXISTS", f"line 1:1: Table already exists: '{where}'")
    sql = _query_text(statement.text)
    planned = planning.plan(syntax.parse(sql), database, planner, sql)
    names = [n.lower() for n, _ in planned.columns]
    if isinstance(tree.this, exp.Schema):
        names = [c.name.lower() for c in tree.this.expressions]
    elif unnamed := [i for i, n in enumerate(names, start=1) if n in planned.unnamed]:
        raise QueryFailed("MISSING_COLUMN_NAME", f"line 1:1: Column name not specified at position {unnamed[0]}")
    for position, name_of_column in enumerate(names):
        if name_of_column in names[:position]:
            where = f"Column name '{name_of_column}' specified more than once"
            raise QueryFailed("DUPLICATE_COLUMN_NAME", f"line 1:1: {where}")
    columns = [(n, str(t), t.hive) for n, (_, t) in zip(names, planned.columns, strict=True)]
    table = catalog.view_input(name, sql, database, columns)
    operation = "CreateTable" if existing is None else "UpdateTable"
    catalog.change(operation, {"DatabaseName": schema, "TableInput": table})


def _query_text(text: str) -> str:
    """The query as it was written, after the view's AS."""
    for token in syntax.tokens(text):
        if token.text.upper() == "AS":
            return text[token.end + 1 :].strip()
    raise QueryFailed("SYNTAX_ERROR", "CREATE VIEW needs AS")
