"""SQLAlchemy expression -> the text that Athena gets. The dialect comes from the adapter: PyAthena's."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ClauseElement

from app.domain.errors import StatementTooLong

MAX_STATEMENT_BYTES = 262_144
"""Athena's limit on the text of one query (docs.aws.amazon.com/athena/latest/ug/service-limits.html)."""


def compiled(statement: ClauseElement, dialect: Dialect) -> str:
    """The statement with its literals in it, typed and quoted by the dialect.

    `dialect` is `AthenaDialect(paramstyle="named")`: with PyAthena's default, pyformat, every `%` would come out
    doubled, and what we send is never formatted again.
    """
    if dialect.paramstyle in ("format", "pyformat"):
        raise ValueError('give a dialect with paramstyle="named": pyformat doubles every % sign')
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def sized(sql: str) -> str:
    """The same text, if Athena takes one of that length. Raises StatementTooLong."""
    size = len(sql.encode())
    if size > MAX_STATEMENT_BYTES:
        raise StatementTooLong(
            f"The statement has {size:,} bytes and Athena takes {MAX_STATEMENT_BYTES:,}. Select fewer columns, "
            "shorten the expressions, or compact the source so that fewer files are named."
        )
    return sql


def verbatim(sql: str, names: tuple[str, ...], alias: str) -> sa.Subquery:
    """SQL text that passed the guard, as a subquery with these columns. Colons in it are no bind parameters."""
    text = sa.text(sql.replace(":", "\\:"))
    return text.columns(*(sa.column(name) for name in names)).subquery(alias)


@compiles(sa.TryCast, "awsathena")
def _try_cast(element: sa.TryCast[Any], compiler: Any, **kw: Any) -> str:
    # PyAthena 4.2 renders CAST only; TRY_CAST has the same form and types.
    return "TRY_" + str(compiler.visit_cast(element, **kw))
