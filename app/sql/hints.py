"""What to write in Athena's SQL for what other dialects have: the second half of a refusal."""

from collections.abc import Mapping
from typing import Final

_PATTERNS: Final = (
    "MATCH_RECOGNIZE is not accepted, though Athena has it: compare rows with lag() and lead() OVER (...)."
)
CLAUSES: Final[Mapping[tuple[str, str], str]] = {
    **{(kind, "match"): _PATTERNS for kind in ("Select", "Table", "Subquery")},
    ("Select", "laterals"): "Write CROSS JOIN UNNEST(a) AS t (x).",
    ("Select", "sort"): "Write ORDER BY.",
    ("Select", "cluster"): "Write ORDER BY.",
    ("Select", "distribute"): "Leave it out.",
    ("Select", "locks"): "Queries lock nothing; leave it out.",
    ("Select", "qualify"): "Put the window function into a subquery and filter outside.",
    ("Select", "into"): "Make a job for a result that is kept as a dataset.",
    ("Table", "pivots"): "Write sum(CASE WHEN ... THEN ... END) for each column.",
    ("Subquery", "pivots"): "Write sum(CASE WHEN ... THEN ... END) for each column.",
    ("Table", "version"): "A query reads current versions.",
    ("Star", "except_"): "List the columns that you want.",
    ("Star", "except"): "List the columns that you want.",
    ("Star", "replace"): "List the columns that you want.",
    ("Join", "method"): "Write JOIN ... ON or USING.",
}
_FUNCTIONS_TEXT: Final = """
charindex strpos(text, part)
collect_list array_agg(x)
collect_set array_agg(DISTINCT x)
convert CAST(x AS type)
date_part extract(part FROM x)
date_sub date_add('day', -n, x)
dateadd date_add('day', n, x)
datediff date_diff('day', a, b)
datepart extract(part FROM x)
decode CASE x WHEN ... END
explode CROSS JOIN UNNEST(a) AS t (x)
get_json_object json_extract_scalar(x, '$.a')
getdate current_timestamp
group_concat listagg(x, ',') WITHIN GROUP (ORDER BY x)
grouping_id grouping(a, b)
ifnull coalesce(a, b)
iff if(condition, a, b)
instr strpos(text, part)
isnull x IS NULL, or coalesce(a, b)
json_agg CAST(array_agg(x) AS json)
len length(x)
median approx_percentile(x, 0.5)
nvl coalesce(a, b)
percentile_cont approx_percentile(x, 0.5)
percentile_disc approx_percentile(x, 0.5)
regexp regexp_like(x, 'pattern')
size cardinality(x)
strftime date_format(x, '%Y-%m-%d')
string_agg listagg(x, ',') WITHIN GROUP (ORDER BY x)
substring_index split_part(x, ',', 1)
sysdate current_timestamp
to_number CAST(x AS decimal(18, 2))
unix_timestamp to_unixtime(x)
"""
FUNCTIONS: Final[Mapping[str, str]] = dict(line.split(" ", 1) for line in _FUNCTIONS_TEXT.strip().splitlines())
WORDS: Final[Mapping[str, str]] = {
    "MATCH_RECOGNIZE": _PATTERNS,
    "QUALIFY": "Athena has no QUALIFY: put the window function into a subquery and filter outside.",
    "TOP": "Athena has no TOP: write LIMIT at the end.",
    "`": 'Names are quoted with double quotes: "name".',
    "JSON_TABLE": "Athena has no JSON_TABLE: write UNNEST(CAST(json_extract(x, '$.a') AS array(row(...)))).",
    "XMLTABLE": "Athena has no XMLTABLE.",
}
"""What a parser stumbles over without saying so."""
