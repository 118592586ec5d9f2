"""Teradata functions: https://trino.io/docs/current/functions/teradata.html. Those of dates are refused."""

from local.trino.registry import macro, scalar

macro(
    # UTF-16's units, four hexadecimal digits each: a character beyond the first plane is a pair of surrogates.
    "trino_utf16(c) AS CASE WHEN c < 65536 THEN printf('%04X', c) "
    "ELSE printf('%04X', 55296 + ((c - 65536) >> 10)) || printf('%04X', 56320 + ((c - 65536) & 1023)) END",
    "trino_char2hexint(s) AS CASE WHEN s IS NOT NULL THEN array_to_string(list_transform(range(1, length(s) + 1), "
    "lambda t__i: trino_utf16(unicode(substring(s, t__i, 1)))), '') END",
)
scalar("index", "(varchar, varchar) -> bigint", "strpos({0}, {1})")
scalar("char2hexint", "(varchar) -> varchar", "trino_char2hexint({0})")
