"""Every test of this folder says which seed chose its cases; pytest shows it when the test fails."""

import pytest

from tests.faults.budget import SEED


@pytest.fixture(autouse=True)
def seed() -> int:
    print(f"HEADGATE_FAULT_SEED={SEED}")  # noqa: T201 - shown with a failure
    return SEED
