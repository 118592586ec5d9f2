"""The operations on crawlers, over MiniStack's store of them. Callers hold Glue's lock."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue as ministack

from local.glue.crawler import classifiers, runs, writing
from local.glue.errors import GlueError, already_there
from local.glue.pages import page
from local.glue.tables import limited

Request = dict[str, Any]
PAGE, BATCH = 1000, 100
_crawlers = ministack._crawlers  # noqa: SLF001
_tags = ministack._tags  # noqa: SLF001
_SETTINGS = ("Role", "Description", "Targets", "Classifiers", "TablePrefix", "SchemaChangePolicy", "RecrawlPolicy",
             "LineageConfiguration", "Configuration", "CrawlerSecurityConfiguration",
             "LakeFormationConfiguration")  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "Classifiers": [],
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
}


def create(request: Request) -> Request:
    name = request["Name"]
    if name in _crawlers:
        raise already_there(f"Crawler {name}")
    crawler = {
        "Name": name,
        **_DEFAULTS,
        **_given(request),
        "State": "READY",
        "CrawlElapsedTime": 0,
        "CreationTime": time.time(),
        "LastUpdated": time.time(),
        "Version": 1,
    }
    _check(crawler)
    _crawlers[name] = crawler
    runs.history.pop(name, None)
    if request.get("Tags"):
        _tags[f"arn:aws:glue:{get_region()}:{get_account_id()}:crawler/{name}"] = dict(request["Tags"])
    return {}


def update(request: Request) -> Request:
    crawler = _idle(request["Name"])
    changed = {**crawler, **_given(request)}
    _check(changed)
    crawler.update(changed, LastUpdated=time.time(), Version=crawler["Version"] + 1)
    return {}


def delete(request: Request) -> Request:
    _idle(request["Name"])
    _crawlers.pop(request["Name"])
    runs.history.pop(request["Name"], None)
    return {}


def get(request: Request) -> Request:
    return {"Crawler": _existing(request["Name"])}


def get_all(request: Request) -> Request:
    shown, rest = page(sorted(_crawlers.values(), key=_name), _name, request, PAGE)
    return {"Crawlers": shown, **rest}


def list_names(request: Request) -> Request:
    """ListCrawlers; `Tags` must all be there."""
    wanted = (request.get("Tags") or {}).items()
    prefix = f"arn:aws:glue:{get_region()}:{get_account_id()}:crawler/"
    found = [name for name in sorted(_crawlers.keys()) if wanted <= dict(_tags.get(f"{prefix}{name}") or {}).items()]
    shown, rest = page(found, str, request, PAGE)
    return {"CrawlerNames": shown, **rest}


def batch_get(request: Request) -> Request:
    names = limited(request["CrawlerNames"], BATCH, "crawlerNames")
    return {
        "Crawlers": [_crawlers[name] for name in names if name in _crawlers],
        "CrawlersNotFound": [name for name in names if name not in _crawlers],
    }


def get_metrics(request: Request) -> Request:
    names = request.get("CrawlerNameList") or sorted(_crawlers.keys())
    found = [runs.metrics(_existing(name)) for name in names]
    shown, rest = page(sorted(found, key=_metric_name), _metric_name, request, PAGE)
    return {"CrawlerMetricsList": shown, **rest}


def list_crawls(request: Request) -> Request:
    """The newest first; `Filters` by CRAWL_ID, STATE, START_TIME, END_TIME, DPU_HOUR."""
    crawler = _existing(request["CrawlerName"])
    crawls = [
        {name: value for name, value in one.items() if name[0] != "_"} for one in runs.history.get(crawler["Name"], [])
    ]
    for one in request.get("Filters") or []:
        crawls = [crawl for crawl in crawls if _passes(crawl, one)]
    shown, rest = page(sorted(crawls, key=_place), _place, request, 100)
    return {"Crawls": shown, **rest}


def start(request: Request, lock: AbstractContextManager[Any]) -> Request:
    crawler = _existing(request["Name"])
    if crawler["State"] != "READY":
        raise runs.running(crawler)
    if not crawler.get("DatabaseName"):
        raise GlueError("InvalidInputException", "The crawler has no database to write to")
    runs.start(crawler, lock)
    return {}


def stop(request: Request) -> Request:
    crawler = _existing(request["Name"])
    if crawler["State"] == "STOPPING":
        raise GlueError("CrawlerStoppingException", f"Crawler with name {crawler['Name']} is stopping")
    if crawler["State"] != "RUNNING":
        raise GlueError("CrawlerNotRunningException", f"Crawler with name {crawler['Name']} isn't running")
    runs.stop(crawler)
    return {}


def update_schedule(request: Request) -> Request:
    """Kept and shown, as all schedules of crawlers are; no clock starts a crawl here."""
    crawler = _existing(request["CrawlerName"])
    crawler["Schedule"] = _schedule(request.get("Schedule") or "")
    return {}


def start_schedule(request: Request) -> Request:
    return _scheduled(request, "NOT_SCHEDULED", "SCHEDULED", "SchedulerRunningException", "already running")


def stop_schedule(request: Request) -> Request:
    return _scheduled(request, "SCHEDULED", "NOT_SCHEDULED", "SchedulerNotRunningException", "not running")


def _scheduled(request: Request, before: str, after: str, code: str, words: str) -> Request:
    crawler = _existing(request["CrawlerName"])
    schedule = crawler.get("Schedule") or {}
    if not schedule.get("ScheduleExpression"):
        raise GlueError("NoScheduleException", f"Crawler {crawler['Name']} has no schedule")
    if schedule["State"] != before:
        raise GlueError(code, f"The schedule of crawler {crawler['Name']} is {words}")
    crawler["Schedule"] = {**schedule, "State": after}
    return {}


def _given(request: Request) -> dict[str, Any]:
    given = {name: request[name] for name in _SETTINGS if request.get(name) is not None}
    if request.get("DatabaseName"):
        given["DatabaseName"] = request["DatabaseName"].lower()
    if request.get("Schedule"):
        given["Schedule"] = _schedule(request["Schedule"])
    if policy := given.get("SchemaChangePolicy"):
        given["SchemaChangePolicy"] = {**_DEFAULTS["SchemaChangePolicy"], **policy}
    return given


def _schedule(expression: str) -> dict[str, str]:
    if not (expression.startswith("cron(") and expression.endswith(")") and len(expression[5:-1].split()) == 6):
        raise GlueError("InvalidInputException", f"Invalid schedule expression: {expression}")
    return {"ScheduleExpression": expression, "State": "SCHEDULED"}


def _check(crawler: dict[str, Any]) -> None:
    writing.check(crawler)
    classifiers.named(crawler.get("Classifiers") or [])


def _existing(name: str) -> dict[str, Any]:
    if name not in _crawlers:
        raise GlueError("EntityNotFoundException", f"Crawler entry with name {name} does not exist")
    found: dict[str, Any] = _crawlers[name]
    return found


def _idle(name: str) -> dict[str, Any]:
    crawler = _existing(name)
    if crawler["State"] != "READY":
        raise runs.running(crawler)
    return crawler


_FIELDS = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime",
           "DPU_HOUR": "DPUHour"}  # fmt: skip
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "GT": lambda left, right: left > right,
    "GE": lambda left, right: left >= right,
    "LT": lambda left, right: left < right,
    "LE": lambda left, right: left <= right,
    "EQ": lambda left, right: left == right,
    "NE": lambda left, right: left != right,
}


def _passes(crawl: dict[str, Any], one: dict[str, Any]) -> bool:
    """Times are given in milliseconds since the epoch."""
    held = crawl.get(_FIELDS[one["FieldName"]])
    if held is None:
        return False
    if isinstance(held, str):
        return _COMPARISONS[one["FilterOperator"]](held, one["FieldValue"])
    value = float(one["FieldValue"]) / (1 if one["FieldName"] == "DPU_HOUR" else 1000)
    return _COMPARISONS[one["FilterOperator"]](held, value)


def _name(crawler: dict[str, Any]) -> str:
    return str(crawler["Name"])


def _metric_name(metric: dict[str, Any]) -> str:
    return str(metric["CrawlerName"])


def _place(crawl: dict[str, Any]) -> list[Any]:
    return [-crawl["StartTime"], crawl["CrawlId"]]
