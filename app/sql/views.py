"""Views in the Glue catalog: what a person sees in the Athena console under a dataset's own name.

Athena keeps a view as a Glue table of type VIRTUAL_VIEW whose original text is a comment around base64 of JSON; the
layout is Presto's (github.com/trinodb/trino, ViewReaderUtil.PrestoViewReader).
"""

import base64
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Dialect

from app.domain.schemas import Column
from app.sql.compile import compiled
from app.sql.relations import Relation
from app.sql.types import trino_name

EXPANDED_TEXT: Final = "/* Presto View */"
PARAMETERS: Final = {"presto_view": "true", "comment": "Presto View"}
_PREFIX: Final = "/* Presto View: "
_SUFFIX: Final = " */"


def presto_view(sql: str, database: str, columns: Sequence[Column]) -> str:
    """`ViewOriginalText` of a Glue view over `sql`, whose output has these columns in this order."""
    body = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": column.name, "type": trino_name(column.type)} for column in columns],
    }
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return f"{_PREFIX}{base64.b64encode(text.encode()).decode()}{_SUFFIX}"


def dataset_view_sql(relation: Relation, *, dialect: Dialect) -> str:
    """The SELECT behind a dataset's view: the typed columns of its table, without the hidden `_file`."""
    return compiled(relation.rows(), dialect)
