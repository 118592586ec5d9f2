"""The pages of the reference that have nothing here."""

SOURCE = "https://trino.io/docs/current/functions/list.html"

REFUSED = {
    "classifier, first, last, match_number, next, permute, prev": "MATCH_RECOGNIZE is refused by name",
    "collect, element, fusion, intersection, set": "multisets are younger than Athena engine version 3",
    "json_scalar, json_serialize": "younger than Athena engine version 3",
    "theta_sketch_cardinality, theta_sketch_union": "theta sketches are not here",
    "exclude_columns": "table functions are not here",
    "objectid, objectid_timestamp, timestamp_objectid, random_string": "functions of connectors that Athena does not have",
    "convex_hull_agg, from_encoded_polyline, to_encoded_polyline, from_geojson_geometry, to_geojson_geometry, line_*, "
    "simplify_geometry, spatial_*": "geometry types are not here",
    "evaluate_classifier_predictions": "models are not here",
}
