"""Clocks that tests turn."""

from datetime import datetime, timedelta

from app.domain.identifiers import utc_now


class JumpingClock:
    """The time of day, and what it was set off by. Goes on, and jumps when told to."""

    def __init__(self, off_seconds: float = 0) -> None:
        self._off = timedelta(seconds=off_seconds)

    def __call__(self) -> datetime:
        return utc_now() + self._off

    def jump(self, seconds: float) -> None:
        self._off += timedelta(seconds=seconds)

    def set_off(self, seconds: float) -> None:
        """So far from the time of day, whatever it was before."""
        self._off = timedelta(seconds=seconds)
