"""RegexSerDe: a line must match all of `input.regex`, whose groups are the columns; other lines give NULLs.

Sources: docs.aws.amazon.com/athena/latest/ug/regex-serde.html, Hive's RegexSerDe, Trino's RegexDeserializer. The
pattern runs in RE2, which knows no look-around and no back-references: such a pattern is refused by name.
"""

import re
from collections.abc import Iterator

from local.athena.errors import QueryFailed
from local.athena.serdes import lines
from local.athena.serdes.datafile import Part, Reading, flag
from local.athena.serdes.values import typed
from local.athena.sqltypes import literal

_LINE = "{'line': 'VARCHAR'}"
_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|[*+?}]\+|\\k<")


def parts(reading: Reading) -> Iterator[Part]:
    pattern = reading.parameters.get("input.regex")
    if not pattern:
        raise QueryFailed("HIVE_INVALID_METADATA", "This table does not have serde property 'input.regex'!")
    if found := _NOT_RE2.search(re.sub(r"\\\\", "", pattern)):
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena cannot run '{found[0]}' of input.regex")
    options = "si" if flag(reading.table, "input.regex.case.insensitive") else "s"
    rules = lines.Rules("lines", _is_regular, lambda line: lines.fields([line], 1), rewrites_all=True)
    names = [n for n, _ in reading.columns]
    whole = literal(f"^(?:{pattern})$")
    groups = max(1, re.sub(r"\\.|\[[^\]]*\]", "", pattern).replace("(?", "").count("("))

    def column(name: str, kind: str) -> str:
        position = names.index(name) + 1
        if position > groups:
            return f"CAST(NULL AS {kind})"
        group = f"regexp_extract(line, {whole}, {position}, '{options}')"
        return typed(f"(CASE WHEN regexp_matches(line, {whole}, '{options}') THEN {group} END)", kind)

    as_is = {"delim": "'\x01'", "quote": "''", "escape": "''"}
    for files, paths, is_whole in lines.prepared(reading, rules):
        options_of = lines.QUOTED if is_whole else as_is
        yield Part(lines.read_csv(reading, files, paths, options_of, _LINE), column, files)


def _is_regular(block: bytes) -> bool:
    return not lines.has_odd_breaks(block) and b"\x01" not in block
