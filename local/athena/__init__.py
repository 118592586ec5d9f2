"""Athena's API over DuckDB, plugged into MiniStack as the handler of its `athena` service.

`install` is the only door: `local.athena.install(ministack.app)` before the server starts. MiniStack finds every
service through one table of loaded modules, for requests, snapshots and resets alike, so one entry replaces all of it.
"""

from types import ModuleType


def install(app: ModuleType) -> None:
    """Put our Athena in place of MiniStack's. `app` is the imported module `ministack.app` (version 1.5.33).

    Raises RuntimeError when an upgrade of MiniStack has moved the private table this relies on.
    """
    from importlib import import_module

    service = import_module("local.athena.service")

    table = getattr(app, "_loaded_modules", None)
    if not isinstance(table, dict) or "athena" not in getattr(app, "SERVICE_HANDLERS", {}):
        raise RuntimeError(
            "ministack.app no longer has _loaded_modules and SERVICE_HANDLERS['athena']: "
            "local.athena.install was written for MiniStack 1.5.33",
        )
    service.attach(app)
    table["athena"] = service
