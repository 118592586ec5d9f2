"""URL functions: https://trino.io/docs/current/functions/url.html.

Trino parses with java.net.URI: an address that RFC 2396 does not allow gives NULL, a part that is missing ''.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus, unquote

from local.trino.functions.texts import fail
from local.trino.registry import scalar, udf

# java.net.URI: "other" characters (beyond ASCII, neither control nor space) are legal wherever escapes are.
_CHAR = r"(?:[A-Za-z0-9_.!~*'();:@&=+$,\-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f\x80-\x9f\s])"
_ANY = rf"(?:{_CHAR}|[/?\[\]])"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_URI = re.compile(
    rf"(?:(?P<scheme>{_SCHEME}):)?"
    rf"(?:(?P<hier>(?P<slashes>//(?P<authority>(?:{_CHAR}|[\[\]])*))?(?P<path>(?:{_CHAR}|/)*)(?:\?(?P<query>{_ANY}*))?)"
    rf"|(?P<opaque>(?:{_CHAR}|\?){_ANY}*))"
    rf"(?:\#(?P<fragment>{_ANY}*))?\Z"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_SERVER = re.compile(
    rf"(?:(?P<user>(?:{_CHAR})*)@)?"
    rf"(?P<host>\[[0-9A-Fa-f:.%\w]+\]|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|(?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?)"
    r"(?::(?P<port>\d*))?\Z"
)


class _Address(NamedTuple):
    """The parts as they were written; '' for a missing one, the port None."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None
    fragment: str


@lru_cache(maxsize=1024)
def _parsed(text: str) -> _Address | None:
    found = _URI.match(text)
    if found is None:
        return None
    parts = {k: v or "" for k, v in found.groupdict().items()}
    if parts["slashes"] == "//" == text[len(parts["scheme"]) + bool(parts["scheme"]) :]:
        return None  # an authority is expected
    if parts["scheme"] and not parts["slashes"] and not parts["path"].startswith("/"):
        tail = parts["hier"] or parts["opaque"]
        return _Address(parts["scheme"], "", None, "", None, parts["fragment"]) if tail else None
    if found["hier"] is None:
        return None
    server = _SERVER.match(parts["authority"])
    host, port = (server["host"], server["port"]) if server else ("", "")
    return _Address(
        parts["scheme"], host, int(port) if port else None, parts["path"], found["query"], parts["fragment"]
    )


def _unescaped(text: str) -> str:
    """As URI.getPath() and the like: escapes decoded, what is not UTF-8 replaced."""
    return unquote(text)


def _part(name: str) -> None:
    def extract(text: str) -> str | None:
        found = _parsed(text)
        return None if found is None else _unescaped(getattr(found, name) or "")

    shown = "protocol" if name == "scheme" else name
    udf(f"trino_url_{shown}", extract, ["VARCHAR"], "VARCHAR")
    scalar(f"url_extract_{shown}", "(varchar(x)) -> varchar(x)", f"trino_url_{shown}({{0}})")


for _name in ("scheme", "host", "path", "query", "fragment"):
    _part(_name)


def _port(text: str) -> int | None:
    found = _parsed(text)
    return found.port if found else None


def _parameter(text: str, name: str) -> str | None:
    found = _parsed(text)
    if found is None or found.query is None:
        return None
    for part in found.query.split("&"):
        key, _, value = part.partition("=")
        if key == name:
            return decoded(value)
    return None


def encoded(text: str) -> str:
    """As HTML forms do: `+` for a space, `.`, `-`, `*` and `_` kept."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def decoded(text: str) -> str:
    """As java.net.URLDecoder: a broken escape is an error."""
    broken = re.search(r"%(?![0-9A-Fa-f]{2})", text)
    if broken:
        pair = text[broken.start() + 1 : broken.start() + 3]
        if len(pair) < 2:
            fail("URLDecoder: Incomplete trailing escape (%) pattern")
        fail(f'URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 in: "{pair}"')
    return unquote(text.replace("+", " "))


udf("trino_url_port", _port, ["VARCHAR"], "BIGINT")
udf("trino_url_parameter", _parameter, ["VARCHAR", "VARCHAR"], "VARCHAR")
udf("trino_url_encode", encoded, ["VARCHAR"], "VARCHAR")
udf("trino_url_decode", decoded, ["VARCHAR"], "VARCHAR")
scalar("url_extract_port", "(varchar) -> bigint", "trino_url_port({0})")
scalar("url_extract_parameter", "(varchar(x), varchar(y)) -> varchar(x)", "trino_url_parameter({0}, {1})")
scalar("url_encode", "(varchar) -> varchar", "trino_url_encode({0})")
scalar("url_decode", "(varchar(x)) -> varchar(x)", "trino_url_decode({0})")
