"""UUID functions: https://trino.io/docs/current/functions/uuid.html."""

from local.trino.registry import scalar

scalar("uuid", "() -> uuid", "gen_random_uuid()")
