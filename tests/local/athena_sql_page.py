"""Writes docs/athena-sql.md from what is registered (`local.trino.registry`) and what is proven (`tests/local/compat`).

Run it with `make athena-sql`; tests/local/test_trino_names.py fails while the committed page says anything else.
"""

import re
from collections import Counter
from fnmatch import fnmatchcase
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from local.trino import functions, registry

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "athena-sql.md"
REFERENCE = "https://trino.io/docs/current/functions"
PROVING = ("CASES", "TYPES", "AGGREGATES", "QUERIES")
_NAMES = re.compile(r"[\w*]+(?:, [\w*]+)*")  # `st_*` stands for all of them
_CALL = re.compile(r"(\w+)\(.*\)", re.DOTALL)
_INTRODUCTION = """# Athena's SQL on the embedded stack

Written by `make athena-sql` from the code and its tests; a test fails while it is out of date. Every case is a query sent with
boto3 whose expected answer comes from Trino's documentation or Trino's own tests. Beyond these lists, TPC-H gives the published
answers and TPC-DS gives DuckDB's own (`tests/local/test_tpc.py`), random expressions give what Trino's rules in Python give
(`tests/local/test_trino_properties.py`), and random text never breaks the server (`tests/local/test_trino_fuzz.py`).
"""


def loaded(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"compat_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def modules() -> dict[str, ModuleType]:
    return {p.stem: loaded(p) for p in sorted((HERE / "compat").glob("*.py")) if p.stem != "__init__"}


def documented() -> dict[str, list[str]]:
    """The names of each page of Trino's reference."""
    lines = (HERE / "trino_functions.txt").read_text().splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {page: names.split() for page, _, names in pairs}


def cases(module: ModuleType, *sections: str) -> list[str]:
    """The SQL of the module's cases."""
    every = sections or (*PROVING, "FAILS")
    return [_sql(case) for section in every for case in getattr(module, section, ())]


def _sql(case: object) -> str:
    return case if isinstance(case, str) else str(case[0])  # type: ignore[index]


def proven() -> Counter[str]:
    """How many cases that succeed name each word."""
    assert functions.__path__  # importing them registers them
    return Counter(
        word
        for module in modules().values()
        for sql in cases(module, *PROVING)
        for word in set(re.findall(r"\w+", sql.lower()))
    )


def refusals() -> tuple[dict[str, str], dict[str, str]]:
    """What compat modules refuse: patterns of function names, and forms of functions that are here (each with why)."""
    names: dict[str, str] = {}
    forms: dict[str, str] = {}
    for module in modules().values():
        for key, why in getattr(module, "REFUSED", {}).items():
            call = _CALL.fullmatch(key)
            if _NAMES.fullmatch(key):
                names.update(dict.fromkeys(key.lower().split(", "), why))
            elif call and call[1] not in registry.names() and not proven()[call[1]]:
                names[call[1]] = why
            else:
                forms[key] = why
    return names, forms


def reason(name: str, refused: dict[str, str]) -> str | None:
    """Why a documented function is not here; None if nobody says so."""
    return next((why for pattern, why in refused.items() if fnmatchcase(name, pattern)), None)


def page() -> str:
    """The page's text."""
    count, (refused, forms) = proven(), refusals()
    lists = documented()
    listed = {name for names in lists.values() for name in names}
    here = {p: [n for n in names if n in registry.names() or count[n]] for p, names in lists.items()}
    here = {p: [n for n in names if reason(n, refused) is None] for p, names in here.items()}
    total = sum(map(len, here.values()))
    lines = [_INTRODUCTION]
    lines.append(f"Of the {len(listed)} functions of [Trino's list]({REFERENCE}/list.html), {total} are here.")
    lines.append("In parentheses: how many succeeding cases name the function.\n")
    for name, names in here.items():
        if names:
            shown = ", ".join(f"`{n}` ({count[n]})" for n in names)
            lines.append(f"- [{name}]({REFERENCE}/{name}.html): {shown}")
    others = sorted(n for n in registry.names() if n not in listed and n.isidentifier())
    lines.append(f"- in Trino, not on its list: {', '.join(f'`{n}` ({count[n]})' for n in others)}")
    lines += ["", "## Refused", "Such a call fails with FUNCTION_NOT_FOUND, as an unknown function does.\n"]
    lines += ["| Functions | Why |", "|---|---|"]
    why: dict[str, list[str]] = {}
    for pattern, text in refused.items():
        why.setdefault(text, []).append(f"`{pattern}`")
    lines += [f"| {', '.join(patterns)} | {text} |" for text, patterns in why.items()]
    lines += ["", "## Known differences", "| What | How |", "|---|---|"]
    lines += [f"| `{_cell(key)}` | {_cell(text)} |" for key, text in forms.items()]
    lines += ["", "## Cases", "| Module | Cases | Expected values from |", "|---|---|---|"]
    counts = {stem: len(cases(module)) for stem, module in modules().items()}
    for stem, module in modules().items():
        lines.append(f"| [{stem}](../tests/local/compat/{stem}.py) | {counts[stem]} | <{module.SOURCE}> |")
    lines.append(f"| all | {sum(counts.values())} | |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
