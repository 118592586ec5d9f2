"""What other dialects say in UPDATE, DELETE and MERGE, sqlglot reads, and Trino's grammar does not have.

Source: Trino's SqlBase.g4: update, delete, merge and mergeCase.
"""

from sqlglot import exp

from local.athena.errors import Refused

_FOREIGN = {"from_": "FROM", "using": "USING", "returning": "RETURNING", "with_": "WITH", "limit": "LIMIT",
            "order": "ORDER", "hint": "/*+"}  # fmt: skip


def check(tree: exp.Expr) -> None:
    """Raises Refused where Trino would not parse the statement."""
    for key, word in _FOREIGN.items():
        if tree.args.get(key) and not (key == "using" and isinstance(tree, exp.Merge)):
            raise _mismatched(word)
    if isinstance(tree, exp.Delete) and not isinstance(tree.this, exp.Table):  # DELETE without FROM
        tables = tree.args.get("tables") or []
        raise _mismatched(tables[0].name if tables else "DELETE")
    if isinstance(tree, exp.Merge):
        for when in tree.args["whens"].expressions:
            _check_case(when)
    elif isinstance(tree.this, exp.Table) and tree.this.alias:
        raise _mismatched(tree.this.alias)
    if isinstance(tree, exp.Update):
        _check_assignments(tree)


def _check_case(when: exp.Expr) -> None:
    then = when.args["then"]
    if when.args.get("source"):
        raise _mismatched("BY")
    if isinstance(then, exp.Update):
        _check_assignments(then)
        return
    word = "INSERT" if isinstance(then, exp.Insert) else then.name.upper()
    is_insert = word == "INSERT"
    if is_insert == bool(when.args.get("matched")) or word not in ("INSERT", "DELETE"):
        raise _mismatched(word)
    if is_insert and (not then.expression or isinstance(then.this, exp.Star)):
        raise _mismatched("*")


def _check_assignments(update: exp.Expr) -> None:
    for pair in update.expressions:
        if not isinstance(pair, exp.EQ) or not isinstance(pair.this, exp.Column):
            raise _mismatched(pair.sql(dialect="trino"))
        if pair.this.table:
            raise _mismatched(".")


def _mismatched(word: str) -> Refused:
    return Refused(f"line 1:1: mismatched input '{word}'", athena_code="MALFORMED_QUERY")
