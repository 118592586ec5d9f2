"""The JSON classifier: objects one after another, or what a JSON path of a custom classifier points at."""

import json
import re
from collections.abc import Iterator
from typing import Any

from local.athena.hivetable import FORMATS
from local.glue.crawler.schema import Schema, settled, struct_of, wider

OPENX = "org.openx.data.jsonserde.JsonSerDe"
_STEP = re.compile(r"\.([\w-]+)|\[\s*'([^']+)'\s*\]|\[\s*(\d+|\*)\s*\]|\.(\*)")
_SPACE = re.compile(r"[\s,]*")


def classify(text: str, path: str = "", *, is_cut: bool = False) -> Schema | None:
    """The schema of the text's records; None when it is not JSON. `is_cut`: the text may end within a record."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        values = list(_values(text, is_cut=is_cut))
    except ValueError:
        return None
    if not values:
        return None
    records = [record for value in values for record in _at(value, _steps(path))] if path else values
    fields: dict[str, str] = {}
    for record in records:
        named = record.items() if isinstance(record, dict) else [("record", record)]
        for name, value in named:
            kind = _type(value)
            fields[name.lower()] = wider(fields[name.lower()], kind) if name.lower() in fields else kind
    columns = tuple((name, settled(kind)) for name, kind in fields.items())
    inputs, outputs, _ = FORMATS["TEXTFILE"]
    return Schema(
        "json",
        columns,
        OPENX,
        {"paths": ",".join(name for name, _ in columns)},
        inputs,
        outputs,
        {"jsonPath": path} if path else {},
        records=len(records),
    )


def _values(text: str, *, is_cut: bool) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    place = _after_space(text, 0)
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError:
            if is_cut and place > 0:
                return
            raise
        yield value
        place = _after_space(text, place)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -(2**31) <= value < 2**31 else "bigint" if -(2**63) <= value < 2**63 else "double"
    if isinstance(value, float):
        return "double"
    if isinstance(value, list):
        inner = "null"
        for item in value:
            inner = wider(inner, _type(item))
        return f"array<{inner}>"
    if isinstance(value, dict):
        return struct_of({name: _type(inner) for name, inner in value.items()})
    return "string"


def _steps(path: str) -> list[str | int]:
    """`$.a[*].b` -> a, *, b. Raises ValueError for another syntax."""
    if not path.startswith("$"):
        raise ValueError(f"a JSON path starts with $: {path}")
    steps: list[str | int] = []
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise ValueError(f"JSON path is not understood at {place}: {path}")
        name = found[1] or found[2] or found[3] or found[4]
        steps.append(int(name) if found[3] and name != "*" else name)
        place = found.end()
    return steps


def check_path(path: str) -> None:
    """Raises ValueError for a JSON path that is not understood."""
    _steps(path)


def _at(value: Any, steps: list[str | int]) -> list[Any]:
    found = [value]
    for step in steps:
        if step == "*":
            found = [inner for one in found for inner in (one.values() if isinstance(one, dict) else one or [])]
        elif isinstance(step, int):
            found = [one[step] for one in found if isinstance(one, list) and step < len(one)]
        else:
            found = [one[step] for one in found if isinstance(one, dict) and step in one]
    return found
