"""HyperLogLog functions, and the lists of the reference that are refused.

Expected values: small sets are counted without error (the page: "linear counting"), others within the error that
approx_distinct's page promises.
"""

SOURCE = "https://trino.io/docs/current/functions/hyperloglog.html"

CASES = {
    "cardinality(empty_approx_set())": "0",
    "cardinality(CAST(CAST(empty_approx_set() AS varbinary) AS HyperLogLog))": "0",
}

TYPES = {
    "cardinality(empty_approx_set())": "bigint",
    "CAST(empty_approx_set() AS varbinary)": "varbinary",
}

_SKETCHES = "(SELECT x % 3 AS k, approx_set(x) AS h FROM UNNEST(sequence(1, 30)) t(x) GROUP BY 1)"
QUERIES = {
    "SELECT cardinality(approx_set(x)) FROM (VALUES 'a', 'b', 'a', NULL) t(x)": [("2",)],
    "SELECT cardinality(approx_set(x)) FROM (VALUES 1) t(x) WHERE x > 1": [(None,)],
    f"SELECT cardinality(merge(h)) FROM {_SKETCHES}": [("30",)],
    f"SELECT k, cardinality(h) FROM {_SKETCHES} ORDER BY k": [("0", "10"), ("1", "10"), ("2", "10")],
    f"SELECT cardinality(merge(CAST(b AS HyperLogLog))) FROM (SELECT CAST(h AS varbinary) b FROM {_SKETCHES})": [
        ("30",)
    ],
    "SELECT abs(cardinality(approx_set(x * 7919 + y)) - 1000000) < 69000 "
    "FROM UNNEST(sequence(1, 1000)) t(x) CROSS JOIN UNNEST(sequence(1, 1000)) u(y)": [("true",)],
    "SELECT cardinality(merge(h)) FROM (SELECT empty_approx_set() AS h UNION ALL SELECT NULL) t": [("0",)],
}

FAILS = {
    "SELECT qdigest_agg(x) FROM (VALUES 1) t(x)": "FUNCTION_NOT_FOUND: Function 'qdigest_agg' not registered",
    "ST_Point(1, 2)": "FUNCTION_NOT_FOUND: Function 'st_point' not registered",
}

REFUSED = {
    "qdigest_agg, value_at_quantile, values_at_quantiles, quantile_at_value": "quantile digests have no state here",
    "tdigest_agg, trimmed_mean": "t-digests have no state here",
    "make_set_digest, merge_set_digest, intersection_cardinality, jaccard_index, hash_counts": (
        "set digests have no state here"
    ),
    "bar, color, render, rgb": "the color type is not here",
    "ST_*, bing_tile*, geometry_*, to_geometry, to_spherical_geography, great_circle_distance": (
        "geometry types are not here"
    ),
    "learn_*, classify, regress, features": "models are not here",
}
