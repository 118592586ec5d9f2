"""Partition projection: partitions that are computed from table properties instead of looked up.

Source: docs.aws.amazon.com/athena/latest/ug/partition-projection.html
"""

import datetime as dt
import itertools

from sqlglot import exp

from local.athena import catalog
from local.athena.errors import QueryFailed

_MOST = 100_000
_JODA = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))


def is_enabled(table: catalog.Table) -> bool:
    return str((table.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


def partitions(table: catalog.Table, conditions: list[exp.Expr]) -> list[tuple[list[str | None], str]]:
    """Values and location of every projected partition; `conditions` supply the values of `injected` columns."""
    parameters = {k: str(v) for k, v in table["Parameters"].items()}
    names = [n for n, _ in catalog.partition_keys(table)]
    choices = [_values(name, parameters, conditions) for name in names]
    found: list[tuple[list[str | None], str]] = []
    for row in itertools.islice(itertools.product(*choices), _MOST + 1):
        if len(found) == _MOST:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"Projection gives more than {_MOST} partitions")
        found.append(([*row], _location(table, parameters, names, row)))
    return found


def _location(table: catalog.Table, parameters: dict[str, str], names: list[str], row: tuple[str, ...]) -> str:
    template = parameters.get("storage.location.template")
    if not template:
        hive = "/".join(f"{n}={v}" for n, v in zip(names, row, strict=True))
        return f"{table['StorageDescriptor']['Location'].rstrip('/')}/{hive}/"
    for name, value in zip(names, row, strict=True):
        template = template.replace(f"${{{name}}}", value)
    return template


def _values(name: str, parameters: dict[str, str], conditions: list[exp.Expr]) -> list[str]:
    kind = parameters.get(f"projection.{name}.type", "").lower()
    if kind == "enum":
        return [v.strip() for v in parameters[f"projection.{name}.values"].split(",")]
    if kind == "integer":
        low, high = (int(v) for v in parameters[f"projection.{name}.range"].split(","))
        digits = int(parameters.get(f"projection.{name}.digits", "0"))
        step = int(parameters.get(f"projection.{name}.interval", "1"))
        return [str(v).zfill(digits) for v in range(low, high + 1, step)]
    if kind == "date":
        return _dates(name, parameters)
    if kind == "injected":
        return _injected(name, conditions)
    raise QueryFailed("INVALID_TABLE_PROPERTY", f"Unknown projection type '{kind}' of column '{name}'")


def _dates(name: str, parameters: dict[str, str]) -> list[str]:
    form = parameters[f"projection.{name}.format"]
    for joda, directive in _JODA:
        form = form.replace(joda, directive)
    form = form.replace("'", "")
    unit = parameters.get(f"projection.{name}.interval.unit", "DAYS").lower().rstrip("s") + "s"
    step = int(parameters.get(f"projection.{name}.interval", "1"))
    low, high = (_moment(v.strip(), form) for v in parameters[f"projection.{name}.range"].split(","))
    found: list[str] = []
    at = low
    while at <= high and len(found) < _MOST:
        found.append(at.strftime(form))
        at = _later(at, unit, step)
    return found


def _later(at: dt.datetime, unit: str, step: int) -> dt.datetime:
    if unit in ("months", "years"):
        months = at.year * 12 + at.month - 1 + step * (12 if unit == "years" else 1)
        return at.replace(year=months // 12, month=months % 12 + 1)
    return at + dt.timedelta(**{unit: step})


def _moment(text: str, form: str) -> dt.datetime:
    if not text.startswith("NOW"):
        return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
    now = dt.datetime.now(dt.UTC)
    rest = text[3:].replace(" ", "")
    for unit in ("DAY", "HOUR", "MINUTE", "WEEK", "MONTH", "YEAR"):
        if unit in rest:
            return _later(now, unit.lower() + "s", int(rest.split(unit)[0]))
    return now


def _injected(name: str, conditions: list[exp.Expr]) -> list[str]:
    values: list[str] = []
    for condition in conditions:
        for node in condition.find_all(exp.EQ, exp.In):
            if isinstance(node.this, exp.Column) and node.this.name.lower() == name:
                operands = node.expressions if isinstance(node, exp.In) else [node.expression]
                values += [o.name for o in operands if isinstance(o, exp.Literal)]
    if not values:
        raise QueryFailed(
            "CONSTRAINT_VIOLATION",
            f"For the injected projected partition column {name}, the WHERE clause must contain only static "
            "equality conditions",
        )
    return list(dict.fromkeys(values))
