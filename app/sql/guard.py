"""The read-only guard: a caller's SELECT in, the SELECT that Athena gets out. Raises BadSql and nothing else.

What comes out is written anew from the checked tree. Every table in it is one that `resolve` gave, named with its
database; names of one part can only be the query's own WITH clauses. Run it with a default database that holds
nothing: then even a mistake here finds no table.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Dialect
from sqlglot import expressions as exp
from sqlglot.errors import SqlglotError

from app.domain.errors import BadSql
from app.domain.locations import dataset_of_rejects
from app.sql.allowed import is_volatile, nodes, refuse, refuse_unknown
from app.sql.compile import compiled, sized
from app.sql.limits import limit_rows
from app.sql.outputs import output_names
from app.sql.parameters import Parameter, bind
from app.sql.reading import read
from app.sql.relations import Relation
from app.sql.scans import Scan, scans
from app.sql.trino import PlainTrino, written

Resolve = Callable[[str], Relation | None]
"""Dataset id (`namespace.name`, lower case), or that of its rejects (`namespace.name__rejects`) -> what it is
physically, or None if the caller may not query it.
"""

MAX_TABLES: Final = 100
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)


@dataclass(frozen=True)
class Guarded:
    """A query that passed.

    `sql` is for Athena; `canonical_sql` names datasets and parameters and is the same for every spelling of white
    space, comments and case. `datasets` are sorted ids. `columns_used` is, per dataset, an upper bound in the
    dataset's order. `scans`: how often each dataset is read, and under what conditions. `columns` are the output's
    names, None where a `*` cannot be told, "" for a nameless value.
    """

    sql: str
    canonical_sql: str
    datasets: tuple[str, ...]
    columns_used: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...] | None
    parameters: tuple[str, ...]
    is_deterministic: bool
    scans: tuple[Scan, ...] = ()


def guard(
    sql: str,
    *,
    resolve: Resolve,
    dialect: Dialect,
    parameters: Mapping[str, Parameter] | None = None,
    row_limit: int | None = None,
) -> Guarded:
    """Checks and rewrites one SELECT.

    With `row_limit` n the query returns at most n + 1 rows, so that a full answer and a cut one can be told apart;
    its own ORDER BY and a smaller LIMIT stay. (FETCH ... WITH TIES stays as it is: stop reading after n rows.)
    """
    try:
        return _guard(sql, resolve, dialect, parameters or {}, row_limit)
    except RecursionError as error:
        raise BadSql("The SQL is nested too deeply. Name the inner parts with WITH.") from error


def _guard(
    sql: str, resolve: Resolve, dialect: Dialect, parameters: Mapping[str, Parameter], row_limit: int | None
) -> Guarded:
    tree = read(sql)
    if not isinstance(tree, _QUERIES):
        raise BadSql("Only SELECT (or WITH ... SELECT) is accepted.")
    refuse_unknown(tree)
    found = _references(tree, resolve)
    relations = {dataset_id: relation for _, dataset_id, relation in found}
    canonical = _canonical(tree, found)
    names = bind(tree, parameters)
    by_table = {id(table): relation for table, _, relation in found}
    columns = output_names(tree, lambda table: by_table.get(id(table)))
    used = _columns_used(tree, found)
    deterministic = not is_volatile(tree)
    read_how = scans(tree, [(table, dataset_id) for table, dataset_id, _ in found])
    _shorten_columns(tree, found)
    _substitute(found, used, dialect)
    if row_limit is not None:
        tree = limit_rows(tree, row_limit)
    text = sized(written(tree))
    _read_back(text, relations.values())
    return Guarded(
        sql=text,
        canonical_sql=canonical,
        datasets=tuple(sorted(relations)),
        columns_used=used,
        columns=columns,
        parameters=names,
        is_deterministic=deterministic,
        scans=read_how,
    )


_Found = tuple[exp.Table, str, Relation]


def _references(tree: exp.Expr, resolve: Resolve) -> list[_Found]:
    """Every table reference that is no name of a visible WITH clause, resolved."""
    known: dict[str, Relation] = {}
    found: list[_Found] = []
    for table, visible in _tables(tree):
        if not isinstance(table.this, exp.Identifier):
            refuse(table, "Table functions are not accepted. Read from namespace.name.")
        name = table.this.name.lower()
        if table.args.get("db") is None:
            if name not in visible:
                refuse(table, f"Write tables as namespace.name; {_shown(name)} has no namespace and is no WITH clause.")
            continue
        dataset_id = f"{table.args['db'].name.lower()}.{name}"
        if dataset_id not in known:
            named = dataset_of_rejects(dataset_id) or dataset_id
            relation = None if "__" in named or dataset_id.count(".") != 1 else resolve(dataset_id)
            if relation is None:
                refuse(table, f"There is no dataset {_shown(dataset_id)}, or you may not query it.")
            known[dataset_id] = relation
        found.append((table, dataset_id, known[dataset_id]))
        if len(found) > MAX_TABLES:
            raise BadSql(f"The SQL reads from more than {MAX_TABLES} tables.")
    return found


def _shown(name: str) -> str:
    return f'"{name[:128]}"'


def _tables(tree: exp.Expr) -> Iterator[tuple[exp.Table, frozenset[str]]]:
    """Each Table with the WITH names that Trino sees there: earlier siblings, and itself only if RECURSIVE."""
    stack: list[tuple[exp.Expr, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, visible = stack.pop()
        if isinstance(node, exp.Table):
            yield node, visible
        clause = node.args.get("with_")
        if clause is not None:
            for cte in clause.expressions:
                name = cte.alias.lower()
                inside = visible | {name} if clause.args.get("recursive") else visible
                stack.append((cte.this, inside))
                visible |= {name}
        for key, value in node.args.items():
            if key != "with_":
                items = value if isinstance(value, list) else (value,)
                stack.extend((item, visible) for item in items if isinstance(item, exp.Expr))


def _canonical(tree: exp.Expr, found: list[_Found]) -> str:
    """One spelling: tables as "namespace"."name", unquoted names in lower case, no comments."""
    for table, dataset_id, _ in found:
        namespace, name = dataset_id.split(".")
        table.set("db", exp.to_identifier(namespace, quoted=True))
        table.set("this", exp.to_identifier(name, quoted=True))
    copy = tree.copy()
    for node in nodes(copy):
        if isinstance(node, exp.Identifier) and not node.args.get("quoted"):
            node.set("this", node.this.lower())
    return written(copy)


def _columns_used(tree: exp.Expr, found: list[_Found]) -> dict[str, tuple[str, ...]]:
    """Every column whose name occurs anywhere, and all of those behind a `*`: more than is read, never less."""
    mentioned = {node.name.lower() for node in nodes(tree) if isinstance(node, exp.Identifier)}
    starred = {id(table) for node in nodes(tree) if _has_star(node) for table in _direct_tables(node)}
    used: dict[str, tuple[str, ...]] = {}
    for table, dataset_id, relation in found:
        is_whole = id(table) in starred or _renames_columns(table)
        names = {name for name in relation.names if is_whole or name in mentioned} | set(used.get(dataset_id, ()))
        used[dataset_id] = tuple(name for name in relation.names if name in names)
    return used


def _renames_columns(table: exp.Table) -> bool:
    alias = table.args.get("alias")
    return alias is not None and bool(alias.args.get("columns"))


def _has_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Select) and any(
        isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
        for item in node.expressions
    )


def _direct_tables(select: exp.Expr) -> Iterator[exp.Table]:
    """The tables of this SELECT's own FROM, not those of subqueries (which have their own output)."""
    stack = [value for value in (select.args.get("from_"), *(select.args.get("joins") or [])) if value is not None]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Table):
            yield node
        for value in node.args.values():
            items = value if isinstance(value, list) else (value,)
            stack.extend(item for item in items if isinstance(item, exp.Expr) and not isinstance(item, exp.Select))


def _shorten_columns(tree: exp.Expr, found: list[_Found]) -> None:
    """`namespace.name.column` becomes `name.column`: in Athena's FROM the dataset has the alias `name`."""
    bare = {dataset_id for table, dataset_id, _ in found if not table.alias}
    for node in nodes(tree):
        if isinstance(node, exp.Select):
            names = [t.name.lower() for t in _direct_tables(node) if not t.alias]
            if repeated := sorted({name for name in names if names.count(name) > 1}):
                refuse(node, f"Two tables in one FROM are called {repeated[0]}; give them aliases.")
        if not isinstance(node, exp.Column) or node.args.get("db") is None:
            continue
        for first, second in (("catalog", "db"), ("db", "table")):
            outer, inner = node.args.get(first), node.args.get(second)
            if outer is not None and inner is not None:
                if f"{outer.name.lower()}.{inner.name.lower()}" in bare:
                    node.set(first, None)
                break


def _substitute(found: list[_Found], used: Mapping[str, tuple[str, ...]], dialect: Dialect) -> None:
    for table, dataset_id, relation in found:
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(dataset_id.split(".")[1], quoted=True)))
        if relation.is_plain:
            table.set("db", exp.to_identifier(relation.database, quoted=True))
            table.set("this", exp.to_identifier(relation.table, quoted=True))
            continue
        rows = read_own(compiled(relation.rows(used[dataset_id]), dialect))
        kept = {key: table.args.get(key) for key in ("alias", "joins", "sample") if table.args.get(key)}
        table.replace(exp.Subquery(this=rows, **kept))


def _read_back(sql: str, relations: Collection[Relation]) -> None:
    """The second look: the text that leaves says what the tree said, as far as tables go."""
    known = {(relation.database, relation.table) for relation in relations}
    try:
        tree = read_own(sql)
    except SqlglotError as error:
        raise BadSql("The SQL uses a word or parameter where Athena takes none.") from error
    for table, visible in _tables(tree):
        name, database = table.name, table.db
        is_known = (database, name) in known if database else name.lower() in visible
        if not is_known or table.args.get("catalog") is not None:
            raise BadSql("The SQL reads from a table in a way that is not accepted.")


def read_own(sql: str) -> exp.Expr:
    """SQL that we built, as a tree: no limits apply to it but Athena's."""
    (tree,) = PlainTrino().parse(sql)
    if tree is None:
        raise ValueError("our own SQL is empty")
    return tree
