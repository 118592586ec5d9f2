"""Trino's functions against their documentation: every module in `compat` lists cases of one page of the reference.

A module has SOURCE (the page) and any of: CASES (expression -> text as GetQueryResults gives it, None for NULL), TYPES
(expression -> typeof), FAILS (expression or query -> how its reason begins, without the place), AGGREGATES (as CASES, of
the relation SOURCE_ROWS), QUERIES (query -> rows), and REFUSED (documented there, not here -> why).
"""

import re
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from local.trino import functions, registry
from tests.local.conftest import AthenaLake

COMPAT = Path(__file__).with_name("compat")
_PLACE = re.compile(r"line \d+:\d+: ")
_QUERY = re.compile(r"\s*(SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)


def _loaded(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"compat_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {path.stem: _loaded(path) for path in sorted(COMPAT.glob("*.py")) if path.stem != "__init__"}


def having(name: str) -> pytest.MarkDecorator:
    """The test runs for each module that has a `name` with something in it."""
    return pytest.mark.parametrize("page", [stem for stem, module in MODULES.items() if getattr(module, name, None)])


def evaluated(lake: AthenaLake, expressions: Sequence[str], source: str = "") -> dict[str, str | None]:
    """Each expression's value, all asked in one query; when that fails, halves of them tell whose failure it is."""
    found = lake.run(f"SELECT {', '.join(expressions)}{source}")
    if found["Status"]["State"] == "SUCCEEDED":
        rows = lake.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"]
        values = [datum.get("VarCharValue") for datum in rows[1]["Data"]]
        return dict(zip(expressions, values, strict=True))
    if len(expressions) == 1:
        return {expressions[0]: f"FAILED: {found['Status']['StateChangeReason']}"}
    middle = len(expressions) // 2
    return {
        **evaluated(lake, expressions[:middle], source),
        **evaluated(lake, expressions[middle:], source),
    }


def differing(got: dict[str, str | None], wanted: dict[str, str | None]) -> dict[str, str]:
    """What is not as documented, told for a reader."""
    return {e: f"is {got[e]!r}, documented {want!r}" for e, want in wanted.items() if got[e] != want}


@having("CASES")
def test_values(athena_stack: AthenaLake, page: str) -> None:
    cases = MODULES[page].CASES
    assert differing(evaluated(athena_stack, list(cases)), cases) == {}


@having("AGGREGATES")
def test_aggregates(athena_stack: AthenaLake, page: str) -> None:
    module = MODULES[page]
    got = evaluated(athena_stack, list(module.AGGREGATES), f" FROM {module.SOURCE_ROWS}")
    assert differing(got, module.AGGREGATES) == {}


@having("TYPES")
def test_types(athena_stack: AthenaLake, page: str) -> None:
    wanted = {f"typeof({e})": kind for e, kind in MODULES[page].TYPES.items()}
    assert differing(evaluated(athena_stack, list(wanted)), wanted) == {}


@having("FAILS")
def test_failures(athena_stack: AthenaLake, page: str) -> None:
    wanted = MODULES[page].FAILS
    started = {e: athena_stack.start(e if _QUERY.match(e) else f"SELECT {e}") for e in wanted}
    wrong = {}
    for expression, identifier in started.items():
        status = athena_stack.wait(identifier)["Status"]
        reason = _PLACE.sub("", status.get("StateChangeReason", status["State"]))
        if not reason.startswith(wanted[expression].rstrip()):  # the service trims reasons
            wrong[expression] = f"is {reason!r}, documented {wanted[expression]!r}"
    assert wrong == {}


@having("QUERIES")
def test_queries(athena_stack: AthenaLake, page: str) -> None:
    wanted = MODULES[page].QUERIES
    started = {sql: athena_stack.start(sql) for sql in wanted}
    wrong = {}
    for sql, identifier in started.items():
        status = athena_stack.wait(identifier)["Status"]
        if status["State"] != "SUCCEEDED":
            wrong[sql] = f"is {status['StateChangeReason']!r}"
            continue
        rows = athena_stack.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"][1:]
        got = [tuple(datum.get("VarCharValue") for datum in row["Data"]) for row in rows]
        if got != wanted[sql]:
            wrong[sql] = f"is {got!r}, documented {wanted[sql]!r}"
    assert wrong == {}


def test_every_function_has_a_case() -> None:
    assert functions.__path__  # importing them declares them
    sections = ("CASES", "TYPES", "FAILS", "AGGREGATES", "QUERIES")
    told = {
        word
        for module in MODULES.values()
        for section in sections
        for sql in getattr(module, section, {})
        for word in re.findall(r"\w+", sql.lower())
    }
    public = {name for name in registry.names() if not name.startswith("$")}  # the rest are what operators compile to
    assert public - told == set()


def test_no_refused_function_is_here() -> None:
    refused = {
        name.strip(): page
        for page, module in MODULES.items()
        for names in getattr(module, "REFUSED", {})
        for name in names.lower().split(",")
    }
    assert {name: page for name, page in refused.items() if name in registry.names()} == {}
