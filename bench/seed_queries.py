"""The queries of the case study, what the seed measured for them, and what they must answer.

The seed: "A Serverless Data Lake with AWS", R. Brockhaus, 2020: 309,062,253 rows x 400+ columns, 30.85 GB gzipped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

SEED_ROWS = 309_062_253
_EIGHT = "firstname, lastname, housenumber, predirection, streetname, streetsuffix, state, zipcode"
_NEEDED = ("HouseholdID", "AddressID", "State", "ZipCode", "HouseholdIncome", "LastName", "Age")


@dataclass(frozen=True)
class Question:
    """One query over `{table}`. `expected` counts its rows (or, for a count, its value) without SQL."""

    name: str
    sql: str
    expected: Callable[[pl.DataFrame], int]
    is_count: bool = False
    seed: tuple[tuple[str, float, float], ...] = ()
    """What the seed measured: layout, MB scanned, seconds."""


@dataclass(frozen=True)
class Known:
    """What the queries ask for that depends on the data: one household and one zip code that exist."""

    household: int
    zip_code: str
    state_of_zip: str


def known(frame: pl.DataFrame) -> Known:
    household, zip_code, state = frame.select("HouseholdID", "ZipCode", "State").row(frame.height // 3)
    return Known(int(household), str(zip_code), str(state))


def read(files: Sequence[Path]) -> pl.DataFrame:
    """The few columns that the queries ask of, read by Polars: a second opinion that shares nothing with DuckDB."""
    types = {"ZipCode": pl.String, "HouseholdID": pl.Int64, "Age": pl.Int64, "HouseholdIncome": pl.Int64}
    parts = [
        pl.read_csv(file, columns=list(_NEEDED), schema_overrides=types, infer_schema_length=1000) for file in files
    ]
    return pl.concat(parts)


def seed_questions() -> list[Question]:
    """The seed's own three queries, with its figures."""
    is_ca = pl.col("State") == "CA"
    return [
        Question(
            "count(householdid)",
            "SELECT count(householdid) AS n FROM {table}",
            lambda frame: frame.height,
            is_count=True,
            seed=(("gz csv", 30_850, 309), ("parquet", 771.12, 4.67)),
        ),
        Question(
            "count(addressid) of CA",
            "SELECT count(addressid) AS n FROM {table} WHERE state = 'CA'",
            lambda frame: frame.filter(is_ca).height,
            is_count=True,
            seed=(("parquet", 501.53, 12.55), ("bucketed", 49.5, 6.18)),
        ),
        Question(
            "8 columns of CA",
            f"SELECT {_EIGHT} FROM {{table}} WHERE state = 'CA'",
            lambda frame: frame.filter(is_ca).height,
            seed=(("gz csv", 30_850, 337.36), ("parquet", 1_750, 28.32), ("bucketed", 180, 25.28)),
        ),
    ]


def workload(there: Known) -> list[Question]:
    """Six selective queries as a digital marketer asks them (docs/benchmarks.md)."""
    c = pl.col
    rich = (c("State") == "TX") & (c("HouseholdIncome") >= 250_000)
    named = (c("State") == "NY") & (c("LastName") == "Garcia")
    zipped = (c("State") == there.state_of_zip) & (c("ZipCode") == there.zip_code)
    return [
        _selecting("state", "state = 'FL'", c("State") == "FL"),
        _selecting("state and zip", f"state = '{there.state_of_zip}' AND zipcode = '{there.zip_code}'", zipped),
        _selecting("state and income", "state = 'TX' AND householdincome >= 250000", rich),
        _selecting("household", f"householdid = {there.household}", c("HouseholdID") == there.household),
        _selecting("state and name", "state = 'NY' AND lastname = 'Garcia'", named),
        _selecting("age band", "age BETWEEN 40 AND 42", c("Age").is_between(40, 42)),
    ]


def _selecting(name: str, where: str, same: pl.Expr) -> Question:
    return Question(name, f"SELECT {_EIGHT} FROM {{table}} WHERE {where}", lambda frame: frame.filter(same).height)
