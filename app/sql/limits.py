"""A ceiling on the rows that a query returns, which keeps its order and makes a cut answer recognisable."""

from sqlglot import expressions as exp

from app.sql.allowed import refuse


def limit_rows(tree: exp.Expr, rows: int) -> exp.Expr:
    """The query with LIMIT `rows` + 1, or its own LIMIT if that is smaller. A wrapper would lose its ORDER BY."""
    top = _bare(tree)
    own = top.args.get("limit")
    ceiling = rows + 1
    if isinstance(own, exp.Fetch):
        options = own.args.get("limit_options")
        if options is not None and options.args.get("with_ties"):
            return top
        count = own.args.get("count")
        ceiling = min(ceiling, 1 if count is None else _number(count))
    elif own is not None and not _is_all(own.expression):
        ceiling = min(ceiling, _number(own.expression))
    top.set("limit", exp.Limit(expression=exp.Literal.number(ceiling)))
    return top


def _bare(tree: exp.Expr) -> exp.Expr:
    """Without the parentheses around it, which would hide its ORDER BY from an outer LIMIT."""
    while isinstance(tree, exp.Subquery):
        clauses = {name for name, value in tree.args.items() if value}
        clause = tree.args.get("with_")
        if clauses - {"this", "with_"} or (clause is not None and tree.this.args.get("with_")):
            break
        inner = tree.this
        if clause is not None:
            inner.set("with_", clause)
        tree = inner.pop()
    return tree


def _is_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column | exp.Var | exp.All) and node.name.lower() in ("all", "")


def _number(node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or node.is_string or not node.this.isdigit():
        refuse(node, "LIMIT takes a whole number or an integer parameter.")
    return int(node.this)
