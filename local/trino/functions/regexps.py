"""Regular expression functions: https://trino.io/docs/current/functions/regexp.html.

A constant pattern that RE2 runs as Java would becomes DuckDB's own function; any other runs in Python.
"""

import re
from collections.abc import Iterator

from local.trino import javaregex
from local.trino.functions.texts import fail
from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.types import literal

_MAX_RE2_GROUP = 9


def _groups(pattern: str, group: int) -> re.Pattern[str]:
    found = javaregex.compiled(pattern)
    if group < 0:
        fail("Group cannot be negative")
    if group > found.groups:
        fail(f"Pattern has {found.groups} groups. Cannot access group {group}")
    return found


def _extract(text: str, pattern: str, group: int) -> str | None:
    found = _groups(pattern, group).search(text)
    return found[group] if found else None


def _extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    return [m[group] for m in _groups(pattern, group).finditer(text)]


def _replace(text: str, pattern: str, by: str) -> str:
    found = javaregex.compiled(pattern)
    parts = javaregex.replacement(found, by)
    return found.sub(lambda m: "".join(p if isinstance(p, str) else m[p] or "" for p in parts), text)


def _split(text: str, pattern: str) -> list[str]:
    return _pieces(text, javaregex.compiled(pattern).finditer(text))[0]


def _pieces(text: str, found: Iterator[re.Match[str]]) -> tuple[list[str], list[list[str | None]]]:
    """What lies between the matches, and the groups of each match."""
    between, groups, at = [], [], 0
    for match in found:
        between.append(text[at : match.start()])
        groups.append(list(match.groups()))
        at = match.end()
    return [*between, text[at:]], groups


def _matches(text: str, pattern: str) -> dict[str, list[str] | list[list[str | None]]]:
    between, groups = _pieces(text, javaregex.compiled(pattern).finditer(text))
    return {"parts": between, "groups": groups}


def _position(text: str, pattern: str, start: int, occurrence: int) -> int:
    if start < 1:
        fail("start position cannot be smaller than 1")
    if occurrence < 1:
        fail("occurrence cannot be smaller than 1")
    found = javaregex.compiled(pattern).finditer(text, start - 1) if start <= len(text) + 1 else iter(())
    for number, match in enumerate(found, 1):
        if number == occurrence:
            return match.start() + 1
    return -1


udf("trino_regexp_like", lambda text, p: javaregex.compiled(p).search(text) is not None, ["VARCHAR"] * 2, "BOOLEAN")
udf("trino_regexp_extract", _extract, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR")
udf("trino_regexp_extract_all", _extract_all, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR[]")
udf("trino_regexp_replace", _replace, ["VARCHAR"] * 3, "VARCHAR")
udf("trino_regexp_split", _split, ["VARCHAR"] * 2, "VARCHAR[]")
udf(
    "trino_regexp_count",
    lambda text, p: sum(1 for _ in javaregex.compiled(p).finditer(text)),
    ["VARCHAR"] * 2,
    "BIGINT",
)
udf("trino_regexp_position", _position, ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT"], "INTEGER")
udf("trino_regexp_matches", _matches, ["VARCHAR"] * 2, "STRUCT(parts VARCHAR[], groups VARCHAR[][])")
macro(
    "trino_interleaved(parts, made) AS CASE WHEN len(list_filter(made, lambda m: m IS NULL)) = 0 THEN "
    "array_to_string(list_transform(parts, lambda b, i: b || coalesce(made[i], '')), '') END",
)


def _re2(call: Call) -> str | None:
    """The constant pattern for RE2, as SQL; None when Python must run it.

    RE2's functions do not find an empty match right after a match, as Java does, nor `$` before a last line feed: a
    pattern that can match nothing or has a `$` is Python's.
    """
    pattern = call.args[1].constant
    made = javaregex.re2(pattern) if isinstance(pattern, str) and not pattern.endswith("$") else None
    return None if made is None or re.search(_plain(pattern), "") is not None else literal(made)


def _plain(pattern: str) -> str | re.Pattern[str]:
    try:
        return javaregex.compiled(pattern)
    except ValueError:
        return ""


def _group(call: Call) -> int | None:
    """The group's number when DuckDB may extract it."""
    group = call.args[2].constant if len(call.args) > 2 else 0
    if not isinstance(group, int) or not isinstance(call.args[1].constant, str):
        return None
    try:
        return group if 0 <= group <= javaregex.compiled(call.args[1].constant).groups else None
    except ValueError:
        return None


def _in_python(call: Call, *more: str) -> str:
    return f"trino_{call.name}({', '.join([*(a.sql for a in call.args), *more])})"


@rule(scalar, "regexp_like", "(varchar, varchar) -> boolean")
def _regexp_like(call: Call) -> str:
    pattern = call.args[1].constant
    if isinstance(pattern, str) and pattern.endswith("$") and not pattern.endswith("\\$"):
        made = javaregex.re2(pattern[:-1] + "\\n?\\z")
    else:
        made = javaregex.re2(pattern) if isinstance(pattern, str) else None
    return f"regexp_matches({call.sql(0)}, {literal(made)})" if made is not None else _in_python(call)


@rule(scalar, "regexp_extract", "(varchar(x), varchar) -> varchar(x)", "(varchar(x), varchar, bigint) -> varchar(x)")
def _regexp_extract(call: Call) -> str:
    made, group = _re2(call), _group(call)
    if made is None or group is None:
        return _in_python(call, *(["0"] if len(call.args) == 2 else []))
    text = call.sql(0)
    if group == 0:
        return f"nullif(regexp_extract({text}, {made}), '')"
    return f"regexp_extract_all({text}, {made}, {group})[1]"


@rule(
    scalar,
    "regexp_extract_all",
    "(varchar(x), varchar) -> array(varchar(x))",
    "(varchar(x), varchar, bigint) -> array(varchar(x))",
)
def _regexp_extract_all(call: Call) -> str:
    made, group = _re2(call), _group(call)
    if made is None or group is None:
        return _in_python(call, *(["0"] if len(call.args) == 2 else []))
    return f"regexp_extract_all({call.sql(0)}, {made}, {group})"


@rule(scalar, "regexp_replace", "(varchar(x), varchar) -> varchar(x)", "(varchar, varchar, varchar) -> varchar")
def _regexp_replace(call: Call) -> str:
    made = _re2(call)
    by = call.args[2].constant if len(call.args) > 2 else ""
    written = _rewritten(call.args[1].constant, by) if made is not None and isinstance(by, str) else None
    if made is None or written is None:
        return _in_python(call, *(["''"] if len(call.args) == 2 else []))
    return f"regexp_replace({call.sql(0)}, {made}, {literal(written)}, 'g')"


def _rewritten(pattern: str, by: str) -> str | None:
    """A replacement in RE2's way of writing; None when RE2 or Trino does not take it."""
    try:
        parts = javaregex.replacement(javaregex.compiled(pattern), by)
    except ValueError:
        return None
    if any(isinstance(p, int) and p > _MAX_RE2_GROUP for p in parts):
        return None
    return "".join(p.replace("\\", "\\\\") if isinstance(p, str) else f"\\{p}" for p in parts)


scalar(
    "regexp_replace",
    "(varchar, varchar, function(array(varchar), varchar)) -> varchar",
    "list_transform([trino_regexp_matches({0}, {1})], lambda t__rx: trino_interleaved(t__rx.parts, "
    "list_transform(t__rx.groups, {2})))[1]",
)


@rule(scalar, "regexp_split", "(varchar(x), varchar) -> array(varchar(x))")
def _regexp_split(call: Call) -> str:
    made = _re2(call)
    return f"regexp_split_to_array({call.sql(0)}, {made})" if made is not None else _in_python(call)


@rule(scalar, "regexp_count", "(varchar, varchar) -> bigint")
def _regexp_count(call: Call) -> str:
    made = _re2(call)
    return f"len(regexp_extract_all({call.sql(0)}, {made}))" if made is not None else _in_python(call)


scalar("regexp_position", "(varchar, varchar) -> integer", "trino_regexp_position({0}, {1}, 1, 1)")
scalar("regexp_position", "(varchar, varchar, bigint) -> integer", "trino_regexp_position({0}, {1}, {2}, 1)")
scalar("regexp_position", "(varchar, varchar, bigint, bigint) -> integer", "trino_regexp_position({0}, {1}, {2}, {3})")
