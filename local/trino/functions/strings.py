"""String functions: https://trino.io/docs/current/functions/string.html.

Trino counts Unicode code points everywhere, as DuckDB does except in `reverse` (grapheme clusters).
"""

from local.trino.functions import texts
from local.trino.functions.sharing import shared
from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.typed import Typed, failing, failing_with, once
from local.trino.types import Type, literal

_BAD = "INVALID_FUNCTION_ARGUMENT"
# Java's Character.isWhitespace, which Trino's trim functions go by: no-break spaces are none.
_SPACES = "".join(
    map(
        chr,
        [
            *range(9, 14),
            *range(28, 33),
            0x1680,
            *range(0x2000, 0x2007),
            *range(0x2008, 0x200B),
            0x2028,
            0x2029,
            0x205F,
            0x3000,
        ],
    )
)
_SPACES_SQL = literal(_SPACES)  # one constant: DuckDB would fold thirty chr() for each of 400 columns

_OTHER_SPACES = literal(
    r"[\t-\r\x1c-\x1f\xa0\x{{2007}}\x{{202f}}\x{{1680}}\x{{2000}}-\x{{2006}}\x{{2008}}-\x{{200a}}\x{{2028}}\x{{2029}}\x{{205f}}\x{{3000}}]"
)
_CODE_POINT = failing(_BAD, "'Not a valid Unicode code point: ' || n", "VARCHAR")
_PAD_LENGTH = failing_with(_BAD, "Target length must be in the range [0..2147483647]", "VARCHAR")
_PAD_EMPTY = failing_with(_BAD, "Padding string must not be empty", "VARCHAR")
_DELIMITER = failing_with(_BAD, "The delimiter may not be the empty string", "VARCHAR[]")
_TOO_LARGE = failing_with(_BAD, "The combined inputs for Levenshtein distance are too large", "BIGINT")
macro(
    "trino_chr(n) AS CASE WHEN n BETWEEN 0 AND 55295 OR n BETWEEN 57344 AND 1114111 THEN chr(CAST(n AS INTEGER)) "
    f"WHEN n IS NOT NULL THEN {_CODE_POINT} END",
    "trino_codepoint(x) AS CASE WHEN length(x) = 1 THEN unicode(x) WHEN x IS NOT NULL "
    f"THEN {failing_with(_BAD, 'Input string must be a single character string')} END",
    "trino_is_ascii(x) AS strlen(x) = length(x)",
    "trino_reverse(x) AS CASE WHEN trino_is_ascii(x) THEN reverse(x) ELSE trino_reverse_unicode(x) END",
    "trino_replace(x, search, new) AS CASE WHEN search <> '' THEN replace(x, search, new) WHEN x = '' THEN new "
    "WHEN search = '' THEN new || array_to_string(list_transform(string_split(x, ''), lambda c: c || new), '') END",
    "trino_padded(x, size, pad, answer) AS CASE WHEN x IS NULL OR size IS NULL OR pad IS NULL THEN NULL "
    f"WHEN size < 0 OR size > 2147483647 THEN {_PAD_LENGTH} WHEN pad = '' THEN {_PAD_EMPTY} ELSE answer END",
    "trino_lpad(x, size, pad) AS trino_padded(x, size, pad, lpad(x, CAST(least(greatest(size, 0), "
    "2147483647) AS INTEGER), pad))",
    "trino_rpad(x, size, pad) AS trino_padded(x, size, pad, rpad(x, CAST(least(greatest(size, 0), "
    "2147483647) AS INTEGER), pad))",
    "trino_start(x, start) AS CASE WHEN start > 0 THEN least(start, 2147483647) WHEN start < 0 AND -start <= length(x) "
    "THEN length(x) + start + 1 END",
    "trino_from(x, start) AS CASE WHEN x IS NULL OR start IS NULL THEN NULL "
    "ELSE coalesce(substr(x, trino_start(x, start)), '') END",
    "trino_substr(x, start, size) AS CASE WHEN x IS NULL OR start IS NULL OR size IS NULL THEN NULL WHEN "
    "size <= 0 THEN '' "
    "ELSE coalesce(substr(x, trino_start(x, start), least(size, 2147483647)), '') END",
    "trino_split(x, delimiter) AS CASE WHEN x IS NULL OR delimiter IS NULL THEN NULL "
    f"WHEN delimiter = '' THEN {_DELIMITER} ELSE string_split(x, delimiter) END",
    "trino_limited(parts, delimiter, most) AS CASE WHEN len(parts) <= most THEN parts "
    "ELSE list_append(parts[:most - 1], trino_glued(delimiter, parts[most:])) END",
    "trino_split_limit(x, delimiter, most) AS CASE WHEN x IS NULL OR delimiter IS NULL OR most IS NULL THEN NULL "
    f"WHEN most <= 0 THEN {failing_with(_BAD, 'Limit must be positive', 'VARCHAR[]')} "
    f"WHEN most > 2147483647 THEN {failing_with(_BAD, 'Limit is too large', 'VARCHAR[]')} "
    "ELSE trino_limited(trino_split(x, delimiter), delimiter, most) END",
    "trino_split_part(x, delimiter, n) AS CASE WHEN x IS NULL OR delimiter IS NULL OR n IS NULL THEN NULL "
    f"WHEN n <= 0 THEN {failing_with(_BAD, 'Index must be greater than zero', 'VARCHAR')} "
    "WHEN delimiter = '' THEN CASE WHEN n <= length(x) THEN substr(x, n, 1) END ELSE string_split(x, delimiter)[n] END",
    "trino_levenshtein(a, b) AS CASE WHEN greatest(length(a), length(b)) * (least(length(a), length(b)) - 1) > 1000000 "
    f"THEN {_TOO_LARGE} WHEN trino_is_ascii(a) AND trino_is_ascii(b) THEN levenshtein(a, b) "
    "ELSE trino_levenshtein_unicode(a, b) END",
    "trino_joined(gap, parts) AS CASE WHEN gap IS NOT NULL AND parts IS NOT NULL THEN trino_glued(gap, parts) END",
    # DuckDB's array_to_string takes only a constant separator.
    "trino_glued(gap, parts) AS "
    "coalesce(substr(array_to_string(list_transform(parts, lambda p: gap || p), ''), length(gap) + 1), '')",
    # One code point to one code point: DuckDB gives the capital sharp s, Java keeps the small one.
    "trino_upper(x) AS replace(upper(x), 'ẞ', 'ß')",
    "trino_from_utf8(x) AS coalesce(TRY(decode(x)), trino_decode(x, '\ufffd'))",
)
udf("trino_reverse_unicode", lambda text: text[::-1], ["VARCHAR"], "VARCHAR")
udf("trino_levenshtein_unicode", texts.levenshtein, ["VARCHAR", "VARCHAR"], "BIGINT")
udf("trino_hamming", texts.hamming, ["VARCHAR", "VARCHAR"], "BIGINT")
udf("trino_luhn", texts.luhn, ["VARCHAR"], "BOOLEAN")
udf("trino_soundex", texts.soundex, ["VARCHAR"], "VARCHAR")
udf("trino_normalize", texts.normalized, ["VARCHAR", "VARCHAR"], "VARCHAR")
udf("trino_decode", texts.decoded, ["BLOB", "VARCHAR"], "VARCHAR")
udf("trino_decode_code", texts.decoded_with_code, ["BLOB", "BIGINT"], "VARCHAR")
udf("trino_strpos", texts.position, ["VARCHAR", "VARCHAR", "BIGINT"], "BIGINT")
udf("trino_split_to_map", texts.split_to_map, ["VARCHAR"] * 3, "MAP(VARCHAR, VARCHAR)")
udf("trino_split_to_multimap", texts.split_to_multimap, ["VARCHAR"] * 3, "MAP(VARCHAR, VARCHAR[])")

shared("chr", "(bigint) -> varchar(1)", "trino_chr({0})")
shared("codepoint", "(varchar(1)) -> integer", "trino_codepoint({0})")
shared("concat_ws", "(varchar, array(varchar)) -> varchar", "trino_joined({0}, {1})")


@rule(scalar, "concat_ws", "(varchar, varchar...) -> varchar")
def _concat_ws(call: Call) -> str:
    rest = ", ".join(a.sql for a in call.args[1:])
    if isinstance(call.args[0].constant, str):
        return f"concat_ws({call.sql(0)}, {rest})"

    def joined(gap: str) -> str:
        return f"CASE WHEN {gap} IS NOT NULL THEN concat_ws({gap}, {rest}) END"

    return once(call.sql(0), build=joined)


@rule(scalar, "concat", "(char(x), char(y)) -> char(x)")
def _concat_chars(call: Call) -> Typed:
    a, b = call.args
    return Typed(f"({a.sql} || {b.sql})", Type("char", (a.type.args[0] + b.type.args[0],)))


@rule(scalar, "concat", "(varchar, varchar...) -> varchar", "(varbinary, varbinary...) -> varbinary")
def _concat(call: Call) -> str:
    return f"({' || '.join(a.sql for a in call.args)})"


scalar("hamming_distance", "(varchar, varchar) -> bigint", "trino_hamming({0}, {1})")
scalar("length", "(char(x)) -> bigint", "length({0})")
scalar("length", "(varchar) -> bigint", "length({0})")
scalar("length", "(varbinary) -> bigint", "octet_length({0})")
shared("levenshtein_distance", "(varchar, varchar) -> bigint", "trino_levenshtein({0}, {1})")
scalar("lower", "(char(x)) -> char(x)", "lower({0})")
scalar("lower", "(varchar(x)) -> varchar(x)", "lower({0})")
scalar("upper", "(char(x)) -> char(x)", "trino_upper({0})")
scalar("upper", "(varchar(x)) -> varchar(x)", "trino_upper({0})")
shared("lpad", "(varchar, bigint, varchar) -> varchar", "trino_lpad({0}, {1}, {2})")
shared("rpad", "(varchar, bigint, varchar) -> varchar", "trino_rpad({0}, {1}, {2})")
scalar("luhn_check", "(varchar) -> boolean", "trino_luhn({0})")
for _trim in ("ltrim", "rtrim", "trim"):
    # DuckDB is quick where there are no other white spaces than the space.
    _trimmed = (
        f"CASE WHEN regexp_matches({{0}}, {_OTHER_SPACES}) THEN {_trim}({{0}}, {_SPACES_SQL}) ELSE {_trim}({{0}}) END"
    )
    shared(_trim, "(char(x)) -> varchar(x)", f"rtrim({_trimmed}, ' ')")
    shared(_trim, "(varchar(x)) -> varchar(x)", _trimmed)
    scalar(_trim, "(char(x), varchar) -> varchar(x)", f"{_trim}(rtrim({{0}}, ' '), {{1}})")
    scalar(_trim, "(varchar(x), varchar) -> varchar(x)", f"{_trim}({{0}}, {{1}})")


@rule(scalar, "replace", "(varchar(x), varchar(y)) -> varchar(x)", "(varchar, varchar, varchar) -> varchar")
def _replace(call: Call) -> str:
    by = call.sql(2) if len(call.args) > 2 else "''"
    if call.args[1].constant:
        return f"replace({call.sql(0)}, {call.sql(1)}, {by})"
    return once(call.sql(0), call.sql(1), by, build="trino_replace({0}, {1}, {2})".format)


shared("reverse", "(char(x)) -> char(x)", "trino_reverse({0})")
shared("reverse", "(varchar(x)) -> varchar(x)", "trino_reverse({0})")
scalar("soundex", "(varchar) -> varchar(4)", "trino_soundex({0})")
shared("split", "(varchar(x), varchar(y)) -> array(varchar(x))", "trino_split({0}, {1})")
shared("split", "(varchar(x), varchar(y), bigint) -> array(varchar(x))", "trino_split_limit({0}, {1}, {2})")
shared("split_part", "(varchar(x), varchar(y), bigint) -> varchar(x)", "trino_split_part({0}, {1}, {2})")
scalar("split_to_map", "(varchar, varchar, varchar) -> map(varchar, varchar)", "trino_split_to_map({args})")
scalar(
    "split_to_multimap",
    "(varchar, varchar, varchar) -> map(varchar, array(varchar))",
    "trino_split_to_multimap({args})",
)
scalar("starts_with", "(varchar, varchar) -> boolean", "starts_with({0}, {1})")
scalar("strpos", "(varchar, varchar) -> bigint", "strpos({0}, {1})")
scalar("strpos", "(varchar, varchar, bigint) -> bigint", "trino_strpos({0}, {1}, {2})")
scalar("translate", "(varchar, varchar, varchar) -> varchar", "translate({0}, {1}, {2})")


def _substr(call: Call) -> str:
    """Plain where start and length are known and usual, so that DuckDB may use it in filters."""
    text, start, *size = call.args
    known = [a.constant if isinstance(a.constant, int) else -1 for a in (start, *size)]
    if all(0 < n < 2**31 for n in known):
        return f"substr({text.sql}, {', '.join(map(str, known))})"
    template = "trino_substr({0}, {1}, {2})" if size else "trino_from({0}, {1})"
    return once(*(a.sql for a in call.args), build=template.format)


for _name in ("substr", "substring"):
    rule(scalar, _name, "(varchar(x), bigint) -> varchar(x)", "(varchar(x), bigint, bigint) -> varchar(x)")(_substr)


@rule(scalar, "normalize", "(varchar, varchar) -> varchar")
def _normalize(call: Call) -> str:
    form = call.args[1].constant
    return f"nfc_normalize({call.sql(0)})" if form == "NFC" else f"trino_normalize({call.sql(0)}, {literal(str(form))})"


scalar("to_utf8", "(varchar) -> varbinary", "encode({0})")
shared("from_utf8", "(varbinary) -> varchar", "trino_from_utf8({0})")
scalar("from_utf8", "(varbinary, varchar) -> varchar", "trino_decode({0}, {1})")
scalar("from_utf8", "(varbinary, bigint) -> varchar", "trino_decode_code({0}, {1})")
