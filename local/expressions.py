"""DynamoDB's expressions, read once: MiniStack reads and checks a Query's key condition anew for every item of the
partition (services/dynamodb.py, `_query`), so that a page out of 10,000 took a second.
"""

from functools import lru_cache, wraps
from types import ModuleType
from typing import Any

_REMEMBERED = 1024


def install(_: ModuleType) -> None:
    """Remember what only depends on an expression's text. Called before MiniStack's server starts."""
    from ministack.services import dynamodb

    tokens = lru_cache(_REMEMBERED)(dynamodb._tokenize)  # noqa: SLF001 - see the test

    @wraps(dynamodb._tokenize)  # noqa: SLF001
    def tokenized(expr: str) -> list[Any]:
        return list(tokens(expr))

    dynamodb._tokenize = tokenized  # noqa: SLF001
    dynamodb._condition_syntax_error = lru_cache(_REMEMBERED)(dynamodb._condition_syntax_error)  # noqa: SLF001
