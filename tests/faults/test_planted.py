"""The bugs of `make mutants` follow the code: each can be planted, and names tests that there are."""

from tests.faults.mutants import PLANTED, ROOT, stale_names


def test_every_bug_can_be_planted() -> None:
    assert stale_names() == []
    assert len({mutant.name for mutant in PLANTED}) == len(PLANTED)


def test_every_bug_names_tests_that_there_are() -> None:
    paths = {part for mutant in PLANTED for part in mutant.tests if part.startswith("tests/")}
    assert [path for path in sorted(paths) if not (ROOT / path.split("::")[0]).exists()] == []
