"""How much is tried, and from which seed: the environment says (tests/faults/README.md)."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_asked = os.environ.get("HEADGATE_FAULT_SEED") or "1"
SEED = random.SystemRandom().randrange(10**9) if _asked == "random" else int(_asked)


def budget(name: str, usual: int) -> int:
    """HEADGATE_FAULT_<name>: how many cases; `all` tries every one."""
    asked = os.environ.get(f"HEADGATE_FAULT_{name}") or str(usual)
    return 10**9 if asked == "all" else int(asked)


def sample(cases: Sequence[T], most: int, salt: str) -> list[T]:
    """`most` of the cases, chosen by the seed; `salt` lets every test choose its own."""
    chance = random.Random(f"{SEED} {salt}")
    return chance.sample(cases, min(most, len(cases)))
