"""When a schedule is due: the user guide's examples, each part of the grammar, and clocks that change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.schedules import next_due, parsed, zone

START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def due(expression: str, after: datetime | str = START, timezone: str = "UTC", count: int = 3) -> list[str]:
    """The next due times in UTC, to the minute."""
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC) if isinstance(after, str) else after
    found = []
    for _ in range(count):
        later = next_due(expression, timezone, moment, START)
        if later is None:
            break
        assert later > moment
        assert later.tzinfo is UTC
        found.append(later.strftime("%Y-%m-%d %H:%M"))
        moment = later
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The examples of "Cron expressions reference" in the EventBridge user guide.
        ("cron(0 10 * * ? *)", ["2026-01-01 10:00", "2026-01-02 10:00", "2026-01-03 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15", "2026-01-03 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-01-01 00:10", "2026-01-01 00:20", "2026-01-01 00:30"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-01 08:00", "2026-01-01 08:05", "2026-01-01 08:10"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", ["2026-01-01 00:30", "2026-01-01 01:00", "2026-01-01 01:30"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-01-30 10:15", "2026-02-27 10:15", "2026-03-27 10:15"]),
        # Its table of wildcards.
        ("cron(1/10 0 1 1 ? 2027)", ["2027-01-01 00:01", "2027-01-01 00:11", "2027-01-01 00:21"]),
        ("cron(0 0 ? JAN,FEB,MAR 5 *)", ["2026-01-08 00:00", "2026-01-15 00:00", "2026-01-22 00:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03 00:00", "2026-01-10 00:00", "2026-01-17 00:00"]),
        ("cron(0 0 3W * ? *)", ["2026-01-02 00:00", "2026-02-03 00:00", "2026-03-03 00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-01-13 00:00", "2026-02-10 00:00", "2026-03-10 00:00"]),
        ("cron(0 0 ? * tue#2 *)", ["2026-01-13 00:00", "2026-02-10 00:00", "2026-03-10 00:00"]),
        # What the table leaves to the reader.
        ("cron(0 0 1W * ? *)", ["2026-02-02 00:00", "2026-03-02 00:00", "2026-04-01 00:00"]),  # stays in its month
        ("cron(0 0 31W * ? *)", ["2026-01-30 00:00", "2026-03-31 00:00", "2026-05-29 00:00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 ? * 1#5 *)", ["2026-03-29 00:00", "2026-05-31 00:00", "2026-08-30 00:00"]),
        ("cron(0 0 ? * SAT-SUN *)", ["2026-01-03 00:00", "2026-01-04 00:00", "2026-01-10 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("cron(59 23 31 12 ? 2199)", ["2199-12-31 23:59"]),
        ("cron(0 0 1 1 ? 2024/2)", ["2028-01-01 00:00", "2030-01-01 00:00", "2032-01-01 00:00"]),
        ("cron(5,50 1,3-5/2 ? * 5 *)", ["2026-01-01 01:05", "2026-01-01 01:50", "2026-01-01 03:05"]),
        ("cron(0 10 ? * 6L 2002-2005)", []),
        ("rate(5 minutes)", ["2026-01-01 00:05", "2026-01-01 00:10", "2026-01-01 00:15"]),
        ("rate(1 hour)", ["2026-01-01 01:00", "2026-01-01 02:00", "2026-01-01 03:00"]),
        ("rate(7 days)", ["2026-01-08 00:00", "2026-01-15 00:00", "2026-01-22 00:00"]),
    ],
)
def test_a_schedule_is_due_when_the_user_guide_says(expression: str, expected: list[str]) -> None:
    assert due(expression) == expected


def test_a_rate_keeps_its_grid_whenever_it_is_asked() -> None:
    assert due("rate(15 minutes)", START + timedelta(hours=5, minutes=7), count=1) == ["2026-01-01 05:15"]
    assert due("rate(15 minutes)", START - timedelta(hours=1), count=1) == ["2026-01-01 00:15"]


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("cron(0 10 * * *)", "6 fields"),
        ("cron(0 10 * * * *)", "exactly one of"),
        ("cron(0 10 ? * ? *)", "exactly one of"),
        ("cron(60 10 * * ? *)", "minutes: 60 is not 0-59"),
        ("cron(0 24 * * ? *)", "hours: 24 is not 0-23"),
        ("cron(0 0 0 * ? *)", "day-of-month: 0 is not 1-31"),
        ("cron(0 0 32W * ? *)", "day-of-month: 32 is not 1-31"),
        ("cron(0 0 1W,5 * ? *)", "day-of-month: 1W is not 1-31"),
        ("cron(0 0 1 JANUARY ? *)", "month: JANUARY is not 1-12 or JAN-DEC"),
        ("cron(0 0 ? * 3#6 *)", "after #: 6 is not 1-5"),
        ("cron(0 0 ? * 3#1,6#3 *)", "day-of-week"),
        ("cron(0 0 ? * 8 *)", "day-of-week: 8 is not 1-7 or SUN-SAT"),
        ("cron(0 0 1 1 ? 1969)", "year: 1969 is not 1970-2199"),
        ("cron(0 0 1 1 ? 2030-2026)", "runs backwards"),
        ("cron(*/0 * * * ? *)", "step"),
        ("cron(1,, * * * ? *)", "minutes: nothing"),
        ("cron(*-5 * * * ? *)", "minutes: "),
        ("cron(٣ * * * ? *)", "minutes: "),
        ("cron(0 0 30 2 ? *)", "never due"),
        ("rate(1 minutes)", r"rate\(1 minute\)"),
        ("rate(5 minute)", r"rate\(5 minutes\)"),
        ("rate(0 minutes)", "positive whole number"),
        ("rate(5 seconds)", "minute"),
        ("at(2026-01-01T00:00:00)", "cron"),
        ("0 10 * * ? *", "cron"),
    ],
)
def test_what_is_no_schedule_is_refused_and_told_why(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parsed(expression)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "/etc/localtime"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone(name)


def test_a_schedule_follows_the_clock_of_its_zone() -> None:
    assert due("cron(0 6 * * ? *)", "2026-03-27T12:00", "Europe/Berlin") == [
        "2026-03-28 05:00",
        "2026-03-29 04:00",  # summer time
        "2026-03-30 04:00",
    ]
    assert due("cron(0 20 * * ? *)", "2026-07-01T00:00", "America/New_York", 1) == ["2026-07-02 00:00"]


def test_a_time_that_does_not_exist_is_due_at_the_next_instant() -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    assert due("cron(30 2 * * ? *)", "2026-03-28T12:00", "Europe/Berlin") == [
        "2026-03-29 01:00",
        "2026-03-30 00:30",
        "2026-03-31 00:30",
    ]
    # All that the gap swallowed is one instant, and it is due once.
    assert due("cron(0/20 * * * ? *)", "2026-03-29T00:30", "Europe/Berlin", 4) == [
        "2026-03-29 00:40",
        "2026-03-29 01:00",
        "2026-03-29 01:20",
        "2026-03-29 01:40",
    ]
    # Lord Howe Island: half an hour. Apia skipped a whole day, 30 December 2011.
    assert due("cron(15 2 ? 10 * *)", "2026-10-03T12:00", "Australia/Lord_Howe", 1) == ["2026-10-03 15:30"]
    assert due("cron(0 12 30 12 ? 2011)", "2011-12-01T00:00", "Pacific/Apia") == ["2011-12-30 10:00"]


def test_a_time_that_occurs_twice_is_due_once_the_first_time() -> None:
    # Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    assert due("cron(30 2 * * ? *)", "2026-10-24T12:00", "Europe/Berlin") == [
        "2026-10-25 00:30",
        "2026-10-26 01:30",
        "2026-10-27 01:30",
    ]
    # Asked between the two, it is over already.
    assert due("cron(30 2 * * ? *)", "2026-10-25T00:45", "Europe/Berlin", 1) == ["2026-10-26 01:30"]
    assert due("cron(0/30 * * * ? *)", "2026-10-25T00:00", "Europe/Berlin", 3) == [
        "2026-10-25 00:30",
        "2026-10-25 02:00",
        "2026-10-25 02:30",
    ]


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    gap=st.timedeltas(timedelta(0), timedelta(days=3)),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    expression=st.sampled_from(
        ["cron(0/7 * * * ? *)", "cron(30 1-3 * * ? *)", "cron(0 0 ? * 1#2 *)", "cron(15 2 L * ? *)", "rate(37 minutes)"]
    ),
)
def test_due_times_never_depend_on_when_one_asks(
    moment: datetime, gap: timedelta, timezone: str, expression: str
) -> None:
    """The due time after a moment is the due time after any later moment before it: none is skipped or doubled."""
    first = next_due(expression, timezone, moment, START)
    assert first is not None
    later = moment + gap
    second = next_due(expression, timezone, later, START)
    assert second is not None
    assert second == first if later < first else second > first
