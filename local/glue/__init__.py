"""What MiniStack's Glue lacks where we rely on it; its stores, and every operation not named here, stay its own.

Ours: names folded to lower case, pages with tokens, partition expressions, table versions with the optimistic
lock on `VersionId` and `SkipArchive`, per-item errors and limits of batches. Sources: the Glue API reference.
"""

from types import ModuleType


def install(app: ModuleType) -> None:
    """Put our Glue before MiniStack's. `app` is the imported module `ministack.app`."""
    from local.glue import service

    app._loaded_modules["glue"] = service  # noqa: SLF001 - the table tests/local/test_stack_contract.py watches
