"""Custom classifiers: their operations, and what each does to a text. Grok and XML are refused by name."""

import time
from functools import partial
from typing import Any

from ministack.services import glue as ministack

from local.glue.crawler import delimited, jsons
from local.glue.crawler.classify import Classifier
from local.glue.errors import GlueError, already_there, not_found
from local.glue.pages import page

Request = dict[str, Any]
PAGE = 100
_classifiers = ministack._classifiers  # noqa: SLF001
_KINDS = ("CsvClassifier", "JsonClassifier")
_DATATYPES = {"LONG": "bigint", "INT": "int", "SHORT": "smallint", "DOUBLE": "double", "FLOAT": "float",
              "BOOLEAN": "boolean", "STRING": "string", "DATE": "date", "TIMESTAMP": "timestamp", "BINARY": "binary",
              "DECIMAL": "decimal(38,18)"}  # fmt: skip


def create(request: Request) -> Request:
    kind, given = _given(request)
    name = given["Name"]
    if name in _classifiers:
        raise already_there(f"Classifier {name}")
    now = int(time.time())
    _check(kind, given)
    _classifiers[name] = {kind: {**given, "CreationTime": now, "LastUpdated": now, "Version": 1}}
    return {}


def update(request: Request) -> Request:
    kind, given = _given(request)
    held = _existing(given["Name"])
    if kind not in held:
        raise GlueError("InvalidInputException", f"Classifier {given['Name']} is not a {kind}")
    merged = {**held[kind], **given}
    _check(kind, merged)
    merged |= {"LastUpdated": int(time.time()), "Version": held[kind]["Version"] + 1}
    _classifiers[given["Name"]] = {kind: merged}
    return {}


def get(request: Request) -> Request:
    return {"Classifier": _existing(request["Name"])}


def get_all(request: Request) -> Request:
    found = sorted(_classifiers.values(), key=_name)
    shown, rest = page(found, _name, request, PAGE)
    return {"Classifiers": shown, **rest}


def delete(request: Request) -> Request:
    _existing(request["Name"])
    _classifiers.pop(request["Name"])
    return {}


def named(names: list[str]) -> list[Classifier]:
    """The classifiers of a crawler, in its order. Raises GlueError for one that is not there."""
    return [_classifier(_existing(name)) for name in names]


def _classifier(held: dict[str, Any]) -> Classifier:
    if path := (held.get("JsonClassifier") or {}).get("JsonPath"):
        return lambda text, is_cut: jsons.classify(text, path, is_cut=is_cut)
    return partial(_delimited, _options(held["CsvClassifier"]))


def _delimited(options: delimited.Options, text: str, _is_cut: bool) -> Any:  # noqa: FBT001 - a Classifier
    return delimited.classify(text, options)


def _options(given: dict[str, Any]) -> delimited.Options:
    serde = given.get("Serde") or ""
    types = given.get("CustomDatatypes") or [] if given.get("CustomDatatypeConfigured") else []
    return delimited.Options(
        delimiters=(given["Delimiter"],) if given.get("Delimiter") else delimited.DELIMITERS,
        quote=given.get("QuoteSymbol") or "",
        header=given.get("ContainsHeader") or "UNKNOWN",
        names=tuple(given.get("Header") or ()),
        trims=not given.get("DisableValueTrimming"),
        takes_single_column=bool(given.get("AllowSingleColumn")),
        types=tuple(_DATATYPES.get(str(kind).upper(), "string") for kind in types),
        serde="" if serde == "None" else serde,
        is_custom=True,
    )


def _given(request: Request) -> tuple[str, dict[str, Any]]:
    for kind in ("GrokClassifier", "XMLClassifier"):
        if request.get(kind):
            raise GlueError("InvalidInputException", f"{kind} is not supported by the embedded crawler")
    found = [(kind, request[kind]) for kind in _KINDS if request.get(kind)]
    if len(found) != 1:
        raise GlueError("InvalidInputException", "Exactly one classifier must be given")
    return found[0]


def _check(kind: str, given: dict[str, Any]) -> None:
    if kind == "JsonClassifier":
        try:
            jsons.check_path(given.get("JsonPath") or "")
        except ValueError as error:
            raise GlueError("InvalidInputException", str(error)) from error
    elif given.get("Delimiter") and given.get("Delimiter") == given.get("QuoteSymbol"):
        raise GlueError("InvalidInputException", "The quote symbol must be different from the column delimiter")


def _existing(name: str) -> dict[str, Any]:
    if name not in _classifiers:
        raise not_found(f"Classifier {name}")
    found: dict[str, Any] = _classifiers[name]
    return found


def _name(held: dict[str, Any]) -> str:
    return str(next(iter(held.values()))["Name"])
