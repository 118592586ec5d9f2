"""Usage of other days and other tenants: in a lake of its own, for test_usage.py counts every query of its lake."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.bootstrap import build_lake
from app.domain.access import Principal


def test_days_that_are_over_are_added_up_once(api: Any, lake: Any, settings: Any, ask: Any) -> None:
    ask("SELECT 77 AS n")
    now = datetime.now(UTC)
    later = build_lake(settings, clock=lambda: now + timedelta(days=3))
    me = Principal(id="test", tenant="main", scopes=frozenset())
    first = later.usage.used(me, "day", now.date(), None)
    kept = later.usage._store.days("main", [now.date(), now.date() + timedelta(days=3)])
    assert kept[now.date()].total == first.total, "and today is not over"
    ask("SELECT 78 AS n")  # too late for that day as it is kept
    assert later.usage.used(me, "day", now.date(), None) == first
    assert first.total.queries >= 1


def test_nobody_sees_what_another_tenant_used(api: Any, lake: Any, ask: Any) -> None:
    ask("SELECT 79 AS n")
    other = {"x-api-key": lake.identity.ensure_admin_key("other")}
    total = api.get("/v1/usage", headers=other).json()["total"]
    assert (total["queries"], total["bytes_scanned"]) == (0, 0)
