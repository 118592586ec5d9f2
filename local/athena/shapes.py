"""Checks a request against the API's own model (botocore's), and says what is wrong in the service's words.

One place for every operation: required members, lengths, ranges, patterns and enumerations are the model's. Members
that the model does not know are ignored, as AWS ignores them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape

from local.athena.errors import Refused

_SHOWN = 200
# Java spells what lies beyond the basic plane as surrogate pairs; Python's `re` has the code points themselves.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "long": (int,), "boolean": (bool,),
                                       "double": (int, float), "list": (list,), "map": (dict,),
                                       "structure": (dict,)}  # fmt: skip
# Where AWS's own words are known and are not the model's.
_KNOWN = {("GetQueryResults", "maxResults"): "MaxResults is more than maximum allowed length 1000."}


@lru_cache(maxsize=1)
def model() -> ServiceModel:
    """Athena's service model, of the botocore that is installed."""
    return ServiceModel(botocore.loaders.Loader().load_service_model("athena", "service-2"), "athena")


def is_operation(name: str) -> bool:
    """Whether the API has an operation of this name."""
    return name in model().operation_names


def check(name: str, request: object) -> None:
    """Raises Refused: SerializationException for a wrong type, else InvalidRequestException with every violation."""
    operation: OperationModel = model().operation_model(name)
    found = list(_violations(operation.input_shape, request, ""))
    for path, _ in found:
        if (name, path) in _KNOWN and isinstance(request, dict) and int(request["MaxResults"]) > 0:
            raise Refused(_KNOWN[name, path])
    if found:
        plural = "s" if len(found) > 1 else ""
        raise Refused(f"{len(found)} validation error{plural} detected: " + "; ".join(text for _, text in found))


def _violations(shape: Shape | None, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(member path, sentence) of all that is wrong with a value."""
    if shape is None:
        return
    expected = _TYPES.get(shape.type_name)
    if expected is not None and (not isinstance(value, expected) or (bool not in expected and isinstance(value, bool))):
        raise Refused(
            f"{type(value).__name__.upper()}_VALUE can not be converted to {shape.type_name} at '{path or 'request'}'",
            "SerializationException",
        )
    if isinstance(shape, StructureShape):
        yield from _members(shape, value, path)
        return
    for sentence in _sentences(shape, value):
        yield path, f"Value{_shown(value)} at '{path}' failed to satisfy constraint: {sentence}"
    if isinstance(shape, ListShape):
        for i, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{i}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _violations(shape.value, item, f"{path}.{key}")


def _members(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if value.get(name) is None:
            at = _joined(path, name)
            yield at, f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _violations(member, value[name], _joined(path, name))


def _joined(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _shown(value: Any) -> str:
    text = "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
    return f" '{text}'" if len(text) <= _SHOWN else ""


def _sentences(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of one value that it breaks."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what, measure = ("length", len(value)) if isinstance(value, (str, list, dict)) else ("value", value)
    if high is not None and measure > high:
        yield f"Member must have {what} less than or equal to {high}"
    if low is not None and measure < low:
        yield f"Member must have {what} greater than or equal to {low}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(_SURROGATES, r"\U00010000-\U0010FFFF"))
