"""Session information: https://trino.io/docs/current/functions/session.html."""

from local.trino.registry import Call, rule, scalar
from local.trino.types import literal


@rule(scalar, "current_user", "() -> varchar")
def _user(call: Call) -> str:
    return literal(call.session.user)


@rule(scalar, "current_catalog", "() -> varchar")
def _catalog(call: Call) -> str:
    return literal(call.session.catalog)


@rule(scalar, "current_schema", "() -> varchar")
def _schema(call: Call) -> str:
    return literal(call.session.schema)


@rule(scalar, "current_timezone", "() -> varchar")
def _timezone(call: Call) -> str:
    return literal(call.session.zone)


scalar("version", "() -> varchar", "'Athena engine version 3'")
