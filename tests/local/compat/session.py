"""Session information: what is the same in every session of the embedded engine."""

SOURCE = "https://trino.io/docs/current/functions/session.html"

CASES = {
    "current_catalog": "awsdatacatalog",
    "length(current_schema) > 0": "true",
    "length(current_user) > 0": "true",
    "current_timezone()": "UTC",
    "length(version()) > 0": "true",
}

TYPES = {"current_user": "varchar", "version()": "varchar"}

REFUSED = {"current_groups": "there are no groups here"}
