"""RegexSerDe: a line must match all of `input.regex`, whose groups are the columns; other lines give NULLs.

Sources: docs.aws.amazon.com/athena/latest/ug/regex-serde.html, Hive's RegexSerDe, Trino's RegexDeserializer. Python
runs the pattern, whose syntax is nearly Java's; one that it cannot read is refused.
"""

import re
from collections.abc import Iterator

from local.athena.errors import QueryFailed
from local.athena.serdes import lines
from local.athena.serdes.datafile import Part, Reading, flag
from local.athena.serdes.values import typed
from local.trino.types import quoted


def parts(reading: Reading) -> Iterator[Part]:
    """Every file is rewritten, once, as a line of fields for each line; a group that takes no part is NULL."""
    text = reading.parameters.get("input.regex")
    if not text:
        raise QueryFailed("HIVE_INVALID_METADATA", "This table does not have serde property 'input.regex'!")
    is_caseless = flag(reading.table, "input.regex.case.insensitive")
    pattern = _compiled(text, is_caseless=is_caseless)
    count = len(reading.columns)

    def rewritten(line: str) -> str:
        found = pattern.fullmatch(line)
        return lines.fields(found.groups() if found else (), count)

    rules = lines.Rules(
        f"regex {is_caseless} {count} {text}", lambda _: False, rewritten, encoding="utf-8", rewrites_all=True
    )
    for files, paths, _ in lines.prepared(reading, rules):
        source = lines.read_csv(reading, files, paths, lines.QUOTED)
        yield Part(source, lambda name, kind: typed(quoted(name), kind), files)


def _compiled(text: str, *, is_caseless: bool) -> re.Pattern[str]:
    """Java's named groups are `(?<name>`, Python's `(?P<name>`."""
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", text), re.DOTALL | (re.IGNORECASE if is_caseless else 0))
    except re.error as unknown:
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena cannot run this input.regex: {unknown}") from unknown
