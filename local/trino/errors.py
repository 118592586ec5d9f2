"""How the compiler says no."""

from dataclasses import dataclass
from typing import Any


@dataclass
class SqlError(Exception):
    """A statement that Trino would refuse: `code` is Trino's error name (`COLUMN_NOT_FOUND`), `detail` its message
    without the place, `node` the syntax node it is about.
    """

    code: str
    detail: str
    node: Any = None

    def placed(self, sql: str) -> str:
        """The message with `line l:c: ` of its node in `sql`, both from one, as Trino gives it."""
        offset = _offset(self.node)
        if offset is None:
            return self.detail
        before = sql[:offset]
        return f"line {before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}: {self.detail}"


def _offset(node: Any) -> int | None:
    """Where the node's text starts: the least start of what it holds (sqlglot keeps places on leaves)."""
    if node is None:
        return None
    starts = [part._meta["start"] for part in node.walk() if part._meta and "start" in part._meta]
    return min(starts, default=None)


def not_supported(what: str, node: Any = None) -> SqlError:
    """The refusal of something the engine cannot do."""
    return SqlError("NOT_SUPPORTED", f"{what} is not supported", node)
