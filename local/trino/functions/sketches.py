"""HyperLogLog functions: https://trino.io/docs/current/functions/hyperloglog.html.

A sketch has 4,096 registers, a standard error of 1.6% (Trino's default is 2.3%). Its bytes are this project's own:
`register * 64 + rank` as text for each register that is used. Trino cannot read them, nor can this read Trino's.
"""

from local.trino.registry import aggregate, macro, scalar

_REGISTERS = 4096
_ALPHA = 0.7213 / (1 + 1.079 / _REGISTERS)

macro(
    # The rank is the place of the first set bit of 32 bits of the hash.
    "trino_rank(w) AS CASE WHEN w = 0 THEN 33 ELSE 32 - CAST(floor(log2(w)) AS INTEGER) END",
    "trino_hll_number(x) AS CASE WHEN x IS NOT NULL THEN CAST(hash(x) & 4095 AS INTEGER) * 64 + "
    "trino_rank(CAST((hash(x) >> 12) & 4294967295 AS BIGINT)) END",
    # Of each register the greatest rank.
    "trino_hll_greatest(s) AS list_filter(s, "
    "lambda t__e, t__n: t__n = len(s) OR list_extract(s, t__n + 1) // 64 <> t__e // 64)",
    "trino_hll(numbers) AS list_transform([list_sort(list_filter(numbers, lambda t__e: t__e IS NOT NULL))], "
    "lambda t__s: CASE WHEN len(t__s) > 0 THEN encode(array_to_string(trino_hll_greatest(t__s), ',')) END)[1]",
    "trino_hll_numbers(b) AS CASE WHEN octet_length(b) = 0 THEN [] "
    "ELSE list_transform(str_split(decode(b), ','), lambda t__e: CAST(t__e AS INTEGER)) END",
    "trino_hll_merged(l) AS list_transform([list_filter(l, lambda t__e: t__e IS NOT NULL)], lambda t__l: coalesce("
    "trino_hll(flatten(list_transform(t__l, lambda t__e: trino_hll_numbers(t__e)))), list_extract(t__l, 1)))[1]",
    # Linear counting while registers are free, the harmonic mean's estimate beyond.
    f"trino_hll_estimate(free, total) AS CASE WHEN free > 0 AND {_ALPHA * _REGISTERS**2} / total <= {2.5 * _REGISTERS} "
    f"THEN {_REGISTERS} * ln({_REGISTERS} / free) ELSE {_ALPHA * _REGISTERS**2} / total END",
    "trino_hll_cardinality(b) AS CASE WHEN b IS NULL THEN NULL WHEN octet_length(b) = 0 THEN 0 ELSE list_transform("
    "[trino_hll_numbers(b)], lambda t__r: CAST(round(trino_hll_estimate("
    f"{_REGISTERS} - len(t__r), {_REGISTERS} - len(t__r) + "
    "list_sum(list_transform(t__r, lambda t__e: pow(2, -(t__e % 64)))))) AS BIGINT))[1] END",
)

aggregate("approx_set", "(T) -> hyperloglog", "trino_hll(@list(DISTINCT trino_hll_number({0})))")
aggregate("merge", "(hyperloglog) -> hyperloglog", "trino_hll_merged(@list({0}))")
scalar("empty_approx_set", "() -> hyperloglog", "CAST('' AS BLOB)")
scalar("cardinality", "(hyperloglog) -> bigint", "trino_hll_cardinality({0})")
