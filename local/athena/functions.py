"""Trino's functions that DuckDB lacks or answers differently, as DuckDB macros."""

import duckdb

_INTS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}

_MACROS = """
athena_digits(x) AS ltrim(rtrim(rtrim(replace(replace(x::VARCHAR, '-', ''), '.', '.'), '0'), '.'), '0.')
athena_mantissa(d) AS left(replace(d, '.', ''), 1) || '.' ||
    CASE WHEN rtrim(substr(replace(d, '.', ''), 2), '0') = '' THEN '0'
    ELSE rtrim(substr(replace(d, '.', ''), 2), '0') END
athena_exponent(x, e) AS CASE WHEN contains(x::VARCHAR, 'e')
    THEN regexp_replace(split_part(x::VARCHAR, 'e', 1), '^([^.]*)$', '\\1.0') || 'E'
        || split_part(x::VARCHAR, 'e', 2)::INTEGER::VARCHAR
    ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || athena_mantissa(athena_digits(x)) || 'E' || e::VARCHAR END
athena_double(x) AS CASE WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN x::VARCHAR
    WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN
    CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
    ELSE athena_exponent(x, floor(log10(abs(x)))::INTEGER) END
athena_months(u, n) AS CASE lower(u) WHEN 'month' THEN n::INTEGER WHEN 'quarter' THEN 3 * n::INTEGER
    WHEN 'year' THEN 12 * n::INTEGER ELSE 0 END
athena_span(u, n) AS CASE lower(u) WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n)
    WHEN 'minute' THEN to_minutes(n) WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(n::INTEGER)
    WHEN 'week' THEN to_days(7 * n::INTEGER) ELSE to_days(0) END
athena_plus(d DATE, i INTERVAL) AS (d + i)::DATE, (d TIMESTAMP, i INTERVAL) AS d + i,
    (d TIMESTAMPTZ, i INTERVAL) AS d + i, (d INTERVAL, i INTERVAL) AS d + i
athena_minus(d DATE, i INTERVAL) AS (d - i)::DATE, (d TIMESTAMP, i INTERVAL) AS d - i,
    (d TIMESTAMPTZ, i INTERVAL) AS d - i, (d INTERVAL, i INTERVAL) AS d - i
athena_sequence(a DATE, b DATE, i INTERVAL) AS generate_series(a, b, i)::DATE[],
    (a TIMESTAMP, b TIMESTAMP, i INTERVAL) AS generate_series(a, b, i)
athena_cardinality(x MAP(VARCHAR, VARCHAR)) AS cardinality(x), (x) AS len(x)
width_bucket(x, low, high, n) AS CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE floor((x - low) / (high - low) * n)::BIGINT + 1 END
athena_divisor(b) AS CASE WHEN b = 0 AND typeof(b) NOT IN ('DOUBLE', 'FLOAT')
    THEN error('athena:DIVISION_BY_ZERO: Division by zero') ELSE b END
athena_date_trunc(u, d DATE) AS date_trunc(u, d)::DATE, (u, d TIMESTAMP) AS date_trunc(u, d),
    (u, d TIMESTAMPTZ) AS date_trunc(u, d)
athena_date_add(u, n, d DATE) AS (d + to_months(athena_months(u, n)) + athena_span(u, n))::DATE,
    (u, n, d TIMESTAMP) AS d + to_months(athena_months(u, n)) + athena_span(u, n),
    (u, n, d TIMESTAMPTZ) AS d + to_months(athena_months(u, n)) + athena_span(u, n)
to_iso8601(d DATE) AS strftime(d, '%Y-%m-%d'), (d TIMESTAMP) AS strftime(d, '%Y-%m-%dT%H:%M:%S.%g'),
    (d TIMESTAMPTZ) AS strftime(d AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')
from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ)
from_iso8601_date(s) AS CAST(s AS DATE)
from_unixtime(n) AS make_timestamptz((n * 1000000)::BIGINT)
to_unixtime(t) AS epoch(t)::DOUBLE
from_utf8(b) AS decode(b)
to_utf8(s) AS encode(s)
athena_element_at(x, k) AS CASE WHEN typeof(x) LIKE 'MAP(%' THEN x[k] WHEN k::VARCHAR = '0' THEN
    error('athena:INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') ELSE x[k] END
athena_json_scalar(j, p) AS CASE WHEN json_type(j::JSON, p) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL
    ELSE json_extract_string(j, p) END
json_parse(s) AS s::JSON
json_format(j) AS j::VARCHAR
json_array_get(j, i) AS json_extract(j, '$[' || i || ']')
json_size(j, p) AS CASE json_type(j::JSON, p) WHEN 'OBJECT' THEN length(json_keys(j, p)) WHEN 'ARRAY' THEN
    json_array_length(j, p) ELSE 0 END
is_json_scalar(j) AS json_type(j::JSON) NOT IN ('OBJECT', 'ARRAY')
codepoint(s) AS unicode(s)
split_to_map(s, e, k) AS map_from_entries(list_transform(str_split(s, e), lambda p:
    {'key': split_part(p, k, 1), 'value': substr(p, length(split_part(p, k, 1)) + length(k) + 1)}))
url_extract_protocol(u) AS nullif(regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')
url_extract_host(u) AS nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/@]*@)?([^/:?#]*)', 1), '')
url_extract_port(u) AS TRY_CAST(nullif(regexp_extract(u,
    '^[A-Za-z][A-Za-z0-9+.-]*://[^/:?#]*:([0-9]+)', 1), '') AS BIGINT)
url_extract_path(u) AS regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)', 1)
url_extract_query(u) AS nullif(regexp_extract(u, '\\?([^#]*)', 1), '')
url_extract_fragment(u) AS nullif(regexp_extract(u, '#(.*)$', 1), '')
url_extract_parameter(u, n) AS nullif(regexp_extract(url_extract_query(u), '(?:^|&)' || n || '=([^&]*)', 1), '')
bitwise_and(a, b) AS a & b
bitwise_or(a, b) AS a | b
bitwise_not(a) AS ~a
bitwise_left_shift(a, b) AS a << b
bitwise_right_shift(a, b) AS a >> b
is_finite(x) AS isfinite(x)
is_infinite(x) AS isinf(x)
infinity() AS 'Infinity'::DOUBLE
nan() AS 'NaN'::DOUBLE
e() AS exp(1.0)
zip(a, b) AS list_transform(range(1, greatest(len(a), len(b)) + 1), lambda i: {'field0': a[i], 'field1': b[i]})
array_remove(a, v) AS list_filter(a, lambda x: x <> v)
arrays_overlap(a, b) AS list_has_any(a, b)
array_intersect(a, b) AS list_distinct(list_intersect(a, b))
array_union(a, b) AS list_distinct(list_concat(a, b))
array_except(a, b) AS list_distinct(list_filter(a, lambda x: NOT list_contains(b, x)))
array_average(a) AS list_avg(a)
array_position(a, v) AS coalesce(list_position(a, v), 0)
athena_repeat(v, n) AS list_transform(range(n), lambda i: v)
athena_slice(a, s, n) AS CASE WHEN s > 0 THEN a[s : s + n - 1] ELSE a[len(a) + s + 1 : len(a) + s + n] END
with_timezone(t, z) AS t AT TIME ZONE z
at_timezone(t, z) AS t AT TIME ZONE z
normalize(s) AS nfc_normalize(s)
hamming_distance(a, b) AS hamming(a, b)
strrpos(s, x) AS CASE WHEN contains(s, x) THEN length(s) - strpos(reverse(s), reverse(x)) - length(x) + 2 ELSE 0 END
timezone_hour(t) AS extract('timezone_hour' FROM t)
timezone_minute(t) AS extract('timezone_minute' FROM t)
day_of_year(d) AS dayofyear(d)
doy(d) AS dayofyear(d)
yow(d) AS isoyear(d)
year_of_week(d) AS isoyear(d)
week_of_year(d) AS week(d)
millisecond(t) AS extract('millisecond' FROM t) % 1000
geometric_mean(x) AS exp(avg(ln(x)))
"""


def _cast(kind: str, name: str, *, is_try: bool) -> str:
    """CAST to an integer type as Trino does: text must be a plain whole number, doubles round half away from zero."""
    head = f"athena_{'try_' if is_try else ''}{name}"
    plain = f"TRY_CAST(x AS {kind})"
    bad = "NULL" if is_try else f"error('athena:INVALID_CAST_ARGUMENT: Cannot cast ''' || x || ''' to {kind}')"
    checked = (
        f"CASE WHEN x IS NULL THEN NULL WHEN CAST({plain} AS VARCHAR) = x THEN {plain} "
        f"WHEN regexp_full_match(x, '[+-]?[0-9]+') AND {plain} IS NOT NULL THEN {plain} ELSE {bad} END"
    )
    other = plain if is_try else f"CAST(x AS {kind})"
    rest = f"(x BIGINT) AS {other}, (x) AS {other}"
    rounded = "sign(x) * floor(abs(x) + 0.5)"
    double = f"TRY_CAST({rounded} AS {kind})" if is_try else f"CAST({rounded} AS {kind})"
    return f"{head}(x VARCHAR) AS {checked}, (x DOUBLE) AS {double}, (x BOOLEAN) AS x::{kind}, {rest}"


def definitions() -> list[str]:
    """The CREATE MACRO statements."""
    entries: list[str] = []
    for line in _MACROS.strip().splitlines():
        if line.startswith(" "):
            entries[-1] += "\n" + line
        else:
            entries.append(line)
    for name in _INTS:
        kind = name.upper()
        entries += [_cast(kind, name, is_try=False), _cast(kind, name, is_try=True)]
    return [f"CREATE MACRO {entry}" for entry in entries]


def names() -> frozenset[str]:
    """The macros' names."""
    return frozenset(d[len("CREATE MACRO ") :].split("(", 1)[0] for d in definitions())


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros in a DuckDB instance; all its cursors see them."""
    for definition in definitions():
        connection.execute(definition)
