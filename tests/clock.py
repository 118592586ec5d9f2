"""A clock that a test moves."""

from datetime import datetime, timedelta

from app.domain.identifiers import utc_now


class Clock:
    """The present, and `ahead` of it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead
