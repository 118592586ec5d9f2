"""How JSON files spell their keys. Hive's names are lower case, JSON's are not, and DuckDB matches them exactly.

All of every file is looked at, once: the answer is kept by the file's path, time and size.
"""

import json
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from local.trino.types import literal

_MOST = 20_000
_known: OrderedDict[tuple[str, int, int], list[Any]] = OrderedDict()


class Spellings:
    """The keys found at one place in the documents. `found` are JSON structures as json_group_structure gives them."""

    def __init__(self, found: Iterable[Any]) -> None:
        self._found = [f for f in found if f is not None]
        self._keys: dict[str, list[str]] = {}
        self._dotless: dict[str, list[str]] = {}
        for structure in self._found:
            for key in structure if isinstance(structure, dict) else ():
                for table, name in ((self._keys, key.lower()), (self._dotless, key.lower().replace(".", "_"))):
                    spelled = table.setdefault(name, [])
                    if key not in spelled:
                        spelled.append(key)

    def of(self, name: str, *, dots: bool = False) -> list[str]:
        """The spellings of a name; with `dots`, of keys whose dots count as underscores."""
        return (self._dotless if dots else self._keys).get(name.lower(), [])

    def below(self, keys: Sequence[str]) -> "Spellings":
        """What is inside the values of these keys."""
        return Spellings(f.get(key) for f in self._found if isinstance(f, dict) for key in keys)

    def items(self) -> "Spellings":
        """What is inside the items, where the values are arrays."""
        return Spellings(f[0] for f in self._found if isinstance(f, list) and f)


def spellings_of(cursor: duckdb.DuckDBPyConnection, paths: list[str]) -> Spellings:
    """All the files' top level. A file that cannot be read tells nothing: reading it for the query will say why."""
    stamps = {}
    for path in paths:
        status = os.stat(path)  # noqa: PTH116 - a hot path
        stamps[path] = (path, status.st_mtime_ns, status.st_size)
    unknown = [path for path in paths if stamps[path] not in _known]
    if unknown:
        listed = ", ".join(map(literal, unknown))
        sql = (
            f"SELECT CAST(json_group_structure(json) AS VARCHAR) FROM read_json_objects([{listed}], "
            "format = 'newline_delimited', compression = 'uncompressed', ignore_errors = true, "
            "maximum_object_size = 33554432) WHERE json_type(json) = 'OBJECT'"
        )
        text = cursor.execute(sql).fetchall()[0][0]
        for path in unknown:
            _known[stamps[path]] = [json.loads(text)] if text else []
        while len(_known) > max(_MOST, len(paths)):
            _known.popitem(last=False)
    found: dict[int, Any] = {id(s): s for path in paths for s in _known[stamps[path]]}
    return Spellings(found.values())
