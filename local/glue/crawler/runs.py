"""Runs of crawlers, each on a thread of its own: READY -> RUNNING -> STOPPING -> READY, and what they leave."""

import contextvars
import json
import logging
import os
import statistics
import threading
import time
import uuid
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import glue as ministack

from local.glue.crawler import classifiers, grouping, targets, writing
from local.glue.crawler.classify import classified
from local.glue.errors import GlueError

_log = logging.getLogger("glue.crawler")
_crawlers = ministack._crawlers  # noqa: SLF001
history = AccountRegionScopedDict()  # crawler -> its crawls, oldest first
ministack._ALL_STATE["crawls"] = history  # noqa: SLF001 - saved and restored with MiniStack's own
_stops: dict[tuple[str, str, str], threading.Event] = {}
_KEPT = 1000  # crawls a crawler
# A crawl is seen RUNNING at least so long (AWS: minutes), so that what waits for it can be tested.
LEAST_SECONDS = float(os.environ.get("GLUE_CRAWLER_SECONDS", "0.15"))


class _StoppedError(Exception):
    """StopCrawler was called."""


def start(crawler: dict[str, Any], lock: AbstractContextManager[Any]) -> None:
    """Run it on a thread that sees the same account and region; `lock` is taken while the catalogue is written."""
    stop = threading.Event()
    _stops[_key(crawler)] = stop
    crawl = {
        "CrawlId": str(uuid.uuid4()),
        "State": "RUNNING",
        "StartTime": time.time(),
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": crawler["Name"],
        "MessagePrefix": str(uuid.uuid4()),
        "DPUHour": 0.0,
    }
    history[crawler["Name"]] = [*history.get(crawler["Name"], []), crawl][-_KEPT:]
    crawler["State"], crawler["CrawlElapsedTime"] = "RUNNING", 0
    context = contextvars.copy_context()
    work = threading.Thread(target=context.run, args=(_run, crawler, crawl, stop, lock), daemon=True)
    work.start()


def stop(crawler: dict[str, Any]) -> None:
    crawler["State"] = "STOPPING"
    if event := _stops.get(_key(crawler)):
        event.set()


def _key(crawler: dict[str, Any]) -> tuple[str, str, str]:
    return get_account_id(), get_region(), crawler["Name"]


def _last_as_long_as_any(crawl: dict[str, Any], stop: threading.Event) -> None:
    if stop.wait(max(0.0, LEAST_SECONDS - (time.time() - crawl["StartTime"]))):
        raise _StoppedError


def _run(
    crawler: dict[str, Any], crawl: dict[str, Any], stop: threading.Event, lock: AbstractContextManager[Any]
) -> None:
    state, status, error, made = "COMPLETED", "SUCCEEDED", "", Counter[str]()
    try:
        made = _crawled(crawler, stop, lock)
        _last_as_long_as_any(crawl, stop)
    except _StoppedError:
        state, status = "STOPPED", "CANCELLED"
    except Exception as broken:  # noqa: BLE001 - a crawl that fails says so and leaves the crawler usable
        state, status, error = "FAILED", "FAILED", str(broken)
        _log.warning("crawler %s failed: %s", crawler["Name"], broken)
    ended = time.time()
    crawl |= {"State": state, "EndTime": ended, "Summary": _summary(made)}
    crawl |= {"ErrorMessage": error} if error else {}
    with lock:
        last = {
            "Status": status,
            "LogGroup": crawl["LogGroup"],
            "LogStream": crawl["LogStream"],
            "MessagePrefix": crawl["MessagePrefix"],
            "StartTime": crawl["StartTime"],
        }
        crawler["LastCrawl"] = last | ({"ErrorMessage": error} if error else {})
        crawler["CrawlElapsedTime"] = round((ended - crawl["StartTime"]) * 1000)
        crawl["_made"] = dict(made)
        crawler["State"] = "READY"
        _stops.pop(_key(crawler), None)


def _crawled(crawler: dict[str, Any], stop: threading.Event, lock: AbstractContextManager[Any]) -> Counter[str]:
    """Read every target, then write. Raises GlueError, QueryFailed (a bucket that is not there), _StoppedError."""
    custom = classifiers.named(crawler.get("Classifiers") or [])
    rules = writing.rules_of(crawler)
    given = json.loads(crawler.get("Configuration") or "{}").get("Grouping") or {}
    level = given.get("TableLevelConfiguration")
    policy = grouping.Policy(
        given.get("TableGroupingPolicy") == "CombineCompatibleSchemas", int(level) if level is not None else None
    )
    found: list[grouping.Found] = []
    roots = []
    for one in crawler["Targets"].get("S3Targets") or []:
        target = targets.target_of(one)
        roots.append(target.root)
        taken: Counter[str] = Counter()
        files = []
        root, listed = targets.listed(target)
        for path, stored in listed:
            folder = path.rpartition("/")[0]
            taken[folder] += 1
            if target.sample and taken[folder] > target.sample:
                continue
            if stop.is_set():
                raise _StoppedError
            files.append((path, classified(Path(stored.path), stored.size, custom)))
        depth = len(root.removeprefix("s3://").rstrip("/").split("/"))
        found += grouping.tables(grouping.tree(root, depth, files), policy)
    if stop.is_set():
        raise _StoppedError
    with lock:
        return writing.write(found, rules, roots)


def _summary(made: Counter[str]) -> str:
    """ListCrawls' JSON text of what changed, by noun and verb."""
    told: dict[str, dict[str, int]] = {}
    for name, count in made.items():
        noun = "TABLE" if name.startswith("Tables") else "PARTITION"
        verb = {"Created": "ADD", "Updated": "UPDATE", "Deleted": "DELETE"}[name.removeprefix(noun.title() + "s")]
        told.setdefault(noun, {})[verb] = count
    return json.dumps(told)


def metrics(crawler: dict[str, Any]) -> dict[str, Any]:
    """GetCrawlerMetrics' entry."""
    crawls = history.get(crawler["Name"], [])
    ended = [one["EndTime"] - one["StartTime"] for one in crawls if one.get("EndTime")]
    made = Counter[str]()
    for one in crawls:
        made.update(one.get("_made") or {})
    return {
        "CrawlerName": crawler["Name"],
        "TimeLeftSeconds": 0.0,
        "StillEstimating": False,
        "LastRuntimeSeconds": ended[-1] if ended else 0.0,
        "MedianRuntimeSeconds": statistics.median(ended) if ended else 0.0,
        "TablesCreated": made["TablesCreated"],
        "TablesUpdated": made["TablesUpdated"],
        "TablesDeleted": made["TablesDeleted"],
    }


def rest() -> None:
    """After a restart nothing runs."""
    for crawler in _crawlers.values():
        crawler["State"] = "READY"


def running(crawler: dict[str, Any]) -> GlueError:
    return GlueError("CrawlerRunningException", f"Crawler with name {crawler['Name']} has already started")
