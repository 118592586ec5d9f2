"""What a dataset is physically: the table that a query reads in its place."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.domain.locations import DELETED_COLUMN, FILE_PARTITION, REJECTED_COLUMN
from app.domain.schemas import Column, ColumnType
from app.sql.casts import typed
from app.sql.types import sql_type


@dataclass(frozen=True)
class Relation:
    """A Glue table and how to read it.

    `files`: the file ids (values of the `_file` partition) that count, None for all. `is_text`: the table's columns
    are text and become `columns` by casts; otherwise they have their types already. `is_json`: text that tells '' from
    NULL. `is_parquet`: they are called as
    the files call them, since Athena finds the columns of Parquet files by name. A table of files (raw tier) has the
    partition `_file`, which readers never see. `hidden`: columns of the table beside `columns`, which readers never
    see; they tell the rows that are none: tombstones and rejected ones. `is_rejects`: the rejected rows instead of the
    others; the first column is why.
    """

    database: str
    table: str
    columns: tuple[Column, ...]
    files: tuple[str, ...] | None = None
    is_text: bool = False
    is_json: bool = False
    is_parquet: bool = False
    hidden: tuple[str, ...] = ()
    is_rejects: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def has_files(self) -> bool:
        return self.is_text or self.is_parquet or self.files is not None

    @property
    def is_plain(self) -> bool:
        """The table can be named as it stands: no casts, no choice of files or rows."""
        return not self.has_files and not self.hidden

    def find(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def rejects(self) -> "Relation | None":
        """The rows of the same table that were rejected, with why; None where none can be.

        The reason is called `reason`, or `reject_reason` beside a column of that name, and so on.
        """
        if REJECTED_COLUMN not in self.hidden or self.is_rejects:
            return None
        name = "reason"
        while name in self.names:
            name = f"reject_{name}"
        reason = Column(name=name, type=ColumnType("varchar"))
        return replace(self, columns=(reason, *self.columns), is_rejects=True)

    @property
    def physical(self) -> sa.TableClause:
        names = [self._stored(column) for column in self.columns]
        names += [FILE_PARTITION] if self.has_files else []
        names += [name for name in self.hidden if name not in names]
        return sa.table(self.table, *(sa.column(name) for name in names), schema=self.database)

    def rows(
        self, names: Collection[str] | None = None, *, with_file: bool = False, with_hidden: bool = False
    ) -> sa.Select[Any]:
        """SELECT of the typed columns (all, or these) over the files and rows that count; `_file` too when asked for.

        `with_hidden`: the hidden columns too, and with them every row.
        """
        table = self.physical.alias("f")
        wanted = [column for column in self.columns if names is None or column.name in names]
        if not wanted:  # count(*) names no column, yet a subquery needs one
            wanted = [self.columns[0]]
        values: list[sa.ColumnElement[Any]] = [
            (self._value(column, table.c[column.name]) if self.is_text else table.c[self._stored(column)]).label(
                column.name
            )
            for column in wanted
        ]
        if with_file and self.has_files:
            values.append(table.c[FILE_PARTITION].label(FILE_PARTITION))
        if with_hidden:
            values += [table.c[name] for name in self.hidden]
        statement = sa.select(*values).select_from(table)
        if not with_hidden:
            statement = statement.where(*self._counted(table))
        if self.files is not None:
            chosen = table.c[FILE_PARTITION].in_(self.files) if self.files else sa.false()
            statement = statement.where(chosen)
        return statement

    def _counted(self, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = []
        if DELETED_COLUMN in self.hidden:
            conditions.append(sa.not_(table.c[DELETED_COLUMN]))
        if REJECTED_COLUMN in self.hidden:
            reason = table.c[REJECTED_COLUMN]
            conditions.append(reason.is_not(None) if self.is_rejects else reason.is_(None))
        return conditions

    def _stored(self, column: Column) -> str:
        if self.is_rejects and column is self.columns[0]:
            return REJECTED_COLUMN
        return column.stored_name if self.is_parquet else column.name

    def _value(self, column: Column, text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        value = typed(column, text, has_empty_text=self.is_json)
        # Hive tables hold milliseconds; a view or CTAS of another precision is refused by Athena.
        return sa.cast(value, sql_type(column.type)) if column.type.name == "timestamp" else value
