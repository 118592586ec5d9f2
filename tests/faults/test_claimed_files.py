"""What a run claims while files are being committed: its list of files comes in pages, and is no snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.adapters.dynamodb import files
from tests.api.lakework import define, register, run, select
from tests.events.ticking import tick
from tests.faults.call_faults import call_site
from tests.faults.drops import dropped, handled


@contextmanager
def before_the_second_page(lake: Any, act: Callable[[], object]) -> Iterator[None]:
    """`act` once, after a run has read the first page of its source's files and before it asks for the next."""
    pages = 0

    def hook(event_name: str, **_: Any) -> None:
        nonlocal pages
        if "files.py:<lambda>" in call_site(event_name.rpartition(".")[2]):
            pages += 1
            if pages == 2:
                act()

    lake.aws.dynamodb.meta.events.register_first("before-send", hook)
    try:
        yield
    finally:
        lake.aws.dynamodb.meta.events.unregister("before-send", hook)
    assert pages > 1


@pytest.mark.parametrize("mode", ["incremental", "merge"])
def test_a_file_that_is_committed_behind_the_list_is_loaded_by_the_next_run(
    api: Any, lake: Any, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    source = register(api, f"{mode}_raw", namespace="claims")
    oldest, first, newest = (dropped(api, lake, source, f"n,part\n{n},0\n".encode()) for n in (1, 2, 3))
    assert handled(lake, first)
    more = {"merge": {"keys": ["n"], "order_by": ["part"]}} if mode == "merge" else {}
    define(api, f"{mode}_claims", source, f"claims.{mode}", mode=mode, **more)
    monkeypatch.setattr(files, "_PAGE", 1)
    with before_the_second_page(lake, lambda: all(handled(lake, one) for one in (oldest, newest))):
        run(api, f"{mode}_claims")
    tick(lake)
    assert sorted(select(lake, f'SELECT n FROM "claims"."{mode}"')) == [(1,), (2,), (3,)]
