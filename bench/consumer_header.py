"""A synthetic consumer header like the seed's: persons with names, addresses and some 370 mostly empty attributes.

400 columns, long names in capitals among them; zip codes keep leading zeros, states have the shares of the US census
of 2020 (California 11.9 %), zips belong to their state, the persons of a household follow each other. Block n of 20,000
rows depends on n only: any two runs agree, and a smaller header is the beginning of a larger one. About 530 bytes a row
as text and 70 gzipped; the seed's has 100 gzipped (30.85 GB / 309 M rows).

    python -m bench.consumer_header FOLDER    ROWS=2000000 PARTS=4
"""

import gzip
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

COLUMNS = 400
BLOCK = 20_000
_NAMED = 22  # columns of _persons; the others are attributes
_GZIP_LEVEL = 6  # gzip's own default: what a partner's files have

# Residents in 2020 in thousands (US Census Bureau, table P1) and the first two digits of the states' zip codes.
_STATES = """CA 39538 90 96|TX 29146 75 79|FL 21538 32 34|NY 20201 10 14|PA 13003 15 19|IL 12813 60 62|OH 11799 43 45
GA 10712 30 31|NC 10439 27 28|MI 10077 48 49|NJ 9289 07 08|VA 8631 22 24|WA 7705 98 99|AZ 7152 85 86|MA 7030 01 02
TN 6911 37 38|IN 6786 46 47|MD 6177 20 21|MO 6155 63 65|WI 5894 53 54|CO 5774 80 81|MN 5706 55 56|SC 5118 29 29
AL 5024 35 36|LA 4658 70 71|KY 4506 40 42|OR 4237 97 97|OK 3959 73 74|CT 3606 06 06|UT 3272 84 84|IA 3190 50 52
NV 3105 89 89|AR 3012 71 72|MS 2961 38 39|KS 2938 66 67|NM 2118 87 88|NE 1962 68 69|ID 1839 83 83|WV 1794 24 26
HI 1455 96 96|NH 1378 03 03|ME 1362 03 04|RI 1097 02 02|MT 1084 59 59|DE 990 19 19|SD 887 57 57|ND 779 58 58
AK 733 99 99|DC 690 20 20|VT 643 05 05|WY 577 82 83"""
STATES = [(s[0], int(s[1]), int(s[2]), int(s[3])) for s in (e.split() for e in _STATES.replace("\n", "|").split("|"))]
_FIRST = "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph"
_LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson O'Neil"
)
_STREETS = (
    "Main Oak Maple Cedar Elm Washington Lake Hill Walnut Spring North Ridge Park Church Mill River Sunset Highland"
)
_SUFFIXES = "St Ave Rd Dr Ln Ct Blvd Way Pl Cir"
_CITIES = (
    "Springfield Franklin Greenville Bristol Clinton Fairview Salem Madison Georgetown Arlington Ashland Burlington"
)
_TOPICS = "INTEREST DONOR BUYER VEHICLE PROPERTY CREDIT TRAVEL HEALTH_AND_WELLNESS TECHNOLOGY LIFESTYLE"


@dataclass(frozen=True)
class Header:
    """The files of a header and what is in them."""

    files: tuple[Path, ...]
    rows: int
    text_bytes: int

    @property
    def packed_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)


def write_header(folder: Path, rows: int, parts: int = 4, columns: int = COLUMNS) -> Header:
    """`parts` gzipped CSV files of `rows` rows in all, each with a header line."""
    folder.mkdir(parents=True, exist_ok=True)
    bounds = [rows * part // parts for part in range(parts + 1)]
    files = [folder / f"consumer_header_{part:02}.csv.gz" for part in range(parts)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib releases the interpreter's lock
        sizes = pool.map(_write_part, files, bounds[:-1], bounds[1:], [columns] * parts)
        return Header(tuple(files), rows, sum(sizes))


def _write_part(file: Path, first: int, end: int, columns: int) -> int:
    """Bytes of text written."""
    size = 0
    with gzip.GzipFile(file, "wb", compresslevel=_GZIP_LEVEL, mtime=0) as packed:
        for number, block in enumerate(blocks(first, end, columns)):
            size += packed.write(block.write_csv(include_header=number == 0).encode())
    return size


def blocks(first: int, end: int, columns: int = COLUMNS) -> Iterator[pl.DataFrame]:
    """Rows `first` to `end` (not included), in pieces of BLOCK rows at most."""
    for number in range(first // BLOCK, -(-end // BLOCK)):
        start = number * BLOCK
        yield block(number, columns).slice(max(first - start, 0), min(end, start + BLOCK) - max(first, start))


def block(number: int, columns: int = COLUMNS) -> pl.DataFrame:
    """The n-th BLOCK of rows. Fewer columns: some of the attributes are left out, for tests."""
    random = np.random.default_rng([20200623, number])
    frame = pl.DataFrame(_persons(random, number) | _sparse(random, columns - _NAMED))
    # No reader may count on an order of columns: the seed's own queries name zipcode, its last column, and its first.
    return frame.select(*[name for name in frame.columns if name != "ZipCode"], "ZipCode")


def _persons(random: np.random.Generator, number: int) -> dict[str, pl.Series]:
    household = np.sort(random.integers(0, BLOCK * 2 // 5, BLOCK))

    def of_household(values: np.ndarray) -> np.ndarray:
        return values[household]

    homes = BLOCK * 2 // 5
    shares = np.array([state[1] for state in STATES], dtype=float)
    state = random.choice(len(STATES), homes, p=shares / shares.sum())
    low, high = (np.array([s[i] for s in STATES])[state] for i in (2, 3))
    zips = (low + random.integers(0, 99, homes) % (high - low + 1)) * 1000 + random.integers(1, 999, homes) // 4
    income = np.clip(random.lognormal(11.1, 0.7, homes), 5_000, 900_000).round(-3).astype(int)
    age = random.integers(18, 95, BLOCK)
    ids = number * homes + household
    return {
        "HouseholdID": pl.Series(100_000_000 + ids),
        "PersonID": pl.Series(3_000_000_000 + number * BLOCK + np.arange(BLOCK)),
        "AddressID": pl.Series(700_000_000 + ids * 3),
        "FirstName": _words(_FIRST, random.zipf(1.3, BLOCK)),
        "MiddleInitial": _maybe(random, _words("A B C D E J L M R S T W", random.integers(0, 12, BLOCK)), 0.5),
        "LastName": _words(_LAST, of_household(random.zipf(1.2, homes))),
        "HouseNumber": pl.Series(of_household(random.integers(1, 9_999, homes))),
        "PreDirection": _maybe(random, _words("N S E W NE SW", random.integers(0, 6, BLOCK)), 0.15),
        "StreetName": _words(_STREETS, of_household(random.integers(0, 18, homes))),
        "StreetSuffix": _words(_SUFFIXES, of_household(random.zipf(1.4, homes))),
        "City": _words(_CITIES, of_household(zips // 100)),
        "State": pl.Series([state[0] for state in STATES]).gather(of_household(state)),
        "Zip4": pl.Series(of_household(random.integers(0, 9_999, homes))).cast(pl.String).str.zfill(4),
        "Age": pl.Series(age),
        "BirthDate": pl.Series(random.integers(-16_000, 9_000, BLOCK).astype("datetime64[D]")),
        "Gender": _words("F M", random.integers(0, 2, BLOCK)),
        "HouseholdIncome": pl.Series(of_household(income)),
        "HomeValue": _maybe(random, pl.Series(of_household(income * random.integers(2, 7, homes))), 0.6),
        "CreditScoreBand": _words("A B C D E F", random.integers(0, 6, BLOCK)),
        "Email": _maybe(random, pl.Series(random.integers(10**6, 10**9, BLOCK)).cast(pl.String) + "@example.com", 0.2),
        "WirelessPhone": _maybe(random, pl.Series(random.integers(2_010_000_000, 9_899_999_999, BLOCK)), 0.3),
        "ZipCode": pl.Series(of_household(zips)).cast(pl.String).str.zfill(5),
    }


def _sparse(random: np.random.Generator, count: int) -> dict[str, pl.Series]:
    """The other columns: flags, codes and counts, 0.1 to 20 % filled, the same for every block by their number."""
    found = {}
    topics = _TOPICS.split()
    for number in range(count):
        kind = ("Flag", "Code", "COUNT_IN_THE_LAST_TWELVE_MONTHS")[number % 3]
        name = f"{topics[number % len(topics)]}_{number:03}_{kind}"
        share = 0.001 * 200 ** ((number * 37 % 100) / 100)
        if kind == "Flag":
            values = _words("Y", np.zeros(BLOCK, dtype=int))
        elif kind == "Code":
            values = _words("A1 B2 C3 D4 E5 F6 G7", random.integers(0, 7, BLOCK))
        else:
            values = pl.Series(random.integers(0, 60, BLOCK))
        found[name] = _maybe(random, values, share)
    return found


def _words(text: str, indexes: np.ndarray) -> pl.Series:
    words = text.split()
    return pl.Series(words).gather(indexes % len(words))


def _maybe(random: np.random.Generator, values: pl.Series, share: float) -> pl.Series:
    """The values, a share of them kept and the rest null."""
    return pl.select(pl.when(pl.lit(pl.Series(random.random(BLOCK) < share))).then(values)).to_series()


def main() -> None:
    header = write_header(Path(sys.argv[1]), int(os.environ.get("ROWS", "200000")), int(os.environ.get("PARTS", "4")))
    print(
        f"{header.rows:,} rows, {header.text_bytes / 1e6:,.1f} MB of text, {header.packed_bytes / 1e6:,.1f} MB packed: "
        f"{header.text_bytes / header.rows:.0f} and {header.packed_bytes / header.rows:.0f} bytes a row"
    )


if __name__ == "__main__":
    main()
