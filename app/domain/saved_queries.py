"""Saved queries: SQL with typed parameters under a name, for dashboards. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.domain.charts import Chart
from app.domain.errors import BadSchema, FieldError, InvalidInput
from app.domain.queries import MAX_SQL, ParameterName, ResultColumn, RowLimit, TypedValue, Value
from app.domain.records import Record
from app.domain.schemas import parse_type

SavedQueryName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,127}$")]
RESERVED: Final = frozenset(
    (
        *("link", "format", "limit", "page_token", "int64", "neutralise", "rows", "delivery"),
        *("shape", "x", "y", "series", "drill", "fill", "width", "tz", "downsample"),
    )
)
"""Query parameters with a meaning of their own in `/results` and `/chart`."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")
_BITS: Final = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_TYPES: Final = frozenset((*_BITS, "boolean", "float", "double", "decimal", "varchar", "char", "date", "timestamp"))


class SavedParameter(BaseModel):
    """One `:name` of the SQL, given as `?name=` in the URL. Without a default it must be given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(min_length=1, max_length=64, description="An Athena type name.")
    default: Value = None
    enum: tuple[Value, ...] | None = Field(None, min_length=1, max_length=1000, description="The values it may have.")
    min: Value = Field(None, description="Least value, for numbers, dates and timestamps.")
    max: Value = Field(None, description="Greatest value.")
    description: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if kind(self.type) not in _TYPES:
            raise ValueError("a parameter is a boolean, number, text, date or timestamp")
        is_ordered = kind(self.type) not in {"boolean", "varchar", "char"}
        if not is_ordered and (self.min is not None or self.max is not None):
            raise ValueError("min and max are for numbers, dates and timestamps")
        for bound in (self.min, self.max, *(self.enum or ())):
            if bound is not None:
                read(self.type, bound)
        if self.default is not None:
            self.checked(self.default)
        return self

    @property
    def sample(self) -> Value:
        """A value to plan with: LIMIT takes no NULL. None where any value will do."""
        given = (self.default, *(self.enum or ()), self.min)
        found = next((read(self.type, one) for one in given if one is not None), None)
        return 1 if found is None and kind(self.type) in _BITS else found

    def checked(self, value: Value) -> Value:
        """The value in its canonical form; ValueError says why not, without repeating it."""
        found = read(self.type, value)
        if self.enum is not None and found not in [read(self.type, one) for one in self.enum if one is not None]:
            raise ValueError("not one of the values that this parameter may have")
        if self.min is not None and _order(found) < _order(read(self.type, self.min)):
            raise ValueError("less than the least value that this parameter may have")
        if self.max is not None and _order(found) > _order(read(self.type, self.max)):
            raise ValueError("more than the greatest value that this parameter may have")
        return found


class NewSavedQuery(BaseModel):
    """What a caller puts under a name."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sql": "SELECT day, carrier, avg(dep_delay) AS mean FROM flights.flights"
                    " WHERE day >= :since GROUP BY 1, 2 ORDER BY 1, 2",
                    "parameters": {"since": {"type": "date", "default": "2013-01-01", "min": "2013-01-01"}},
                    "row_limit": 10000,
                    "max_age": 3600,
                    "chart": {"x": "day", "y": ["mean"], "series": "carrier", "type": "line"},
                }
            ]
        },
    )

    description: str = Field("", max_length=4096)
    sql: str = Field(min_length=1, max_length=MAX_SQL, description="One SELECT or WITH, in Athena's dialect.")
    parameters: dict[ParameterName, SavedParameter] = Field({}, max_length=100)
    row_limit: RowLimit | None = None
    max_bytes_scanned: int | None = Field(None, ge=1)
    max_age: int = Field(
        0, ge=0, le=31_536_000, description="Seconds for which an answer is good although the data may have changed."
    )
    chart: Chart | None = None

    @model_validator(mode="after")
    def _no_reserved_names(self) -> Self:
        taken = sorted(RESERVED & set(self.parameters))
        if taken:
            raise ValueError(f"these names mean something else in the URL: {', '.join(taken)}; choose others")
        return self


class SavedQuery(Record):
    """A saved query, and with the same fields each of its versions. The guard's findings are kept, so that a question
    can be compared without parsing its SQL.
    """

    tenant: str
    name: str
    version: str = ""
    description: str = ""
    sql: str
    parameters: dict[str, SavedParameter] = Field(default_factory=dict)
    row_limit: int
    max_bytes_scanned: int
    max_age: int = 0
    chart: Chart | None = None
    canonical_sql: str
    datasets: tuple[str, ...] = ()
    is_deterministic: bool = True
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    def given(self, arguments: Mapping[str, str], at: str = "/query") -> dict[str, TypedValue]:
        """Typed values of the arguments (as text, from below `at`) and the defaults. InvalidInput names each that is
        wrong.
        """
        wrong = [
            FieldError(f"{at}/{name}", "unknown_parameter", "The saved query has no such parameter.")
            for name in sorted(set(arguments) - set(self.parameters))[:20]
        ]
        values: dict[str, TypedValue] = {}
        for name, parameter in self.parameters.items():
            value = arguments.get(name, parameter.default)
            if value is None:
                wrong.append(FieldError(f"{at}/{name}", "missing", f"Give {name}, a {parameter.type}."))
                continue
            try:
                values[name] = TypedValue(type=parameter.type, value=parameter.checked(value))
            except ValueError as error:
                wrong.append(FieldError(f"{at}/{name}", "bad_value", f"{error} ({parameter.type})."))
        if wrong:
            raise InvalidInput(f"{len(wrong)} parameter(s) of the saved query are not valid; see errors.", tuple(wrong))
        return values


class SavedColumns(Record):
    """The columns that a version of a saved query answers with, as its last answer had them."""

    version: str
    columns: tuple[ResultColumn, ...]


def kind(type_name: str) -> str:
    """The type without its numbers; ValueError if it is no type."""
    try:
        return parse_type(type_name).name
    except BadSchema as error:
        raise ValueError("not one of Athena's types") from error


def read(type_name: str, value: Value) -> Value:
    """A value, as JSON or as a URL's text, in the canonical form of its type. ValueError otherwise."""
    match kind(type_name):
        case "boolean":
            return _boolean(value)
        case "tinyint" | "smallint" | "int" | "bigint" as name:
            return _integer(name, value)
        case "float" | "double":
            return _float(value)
        case "decimal":
            return _decimal(value)
        case "date" | "timestamp" as name:
            return _moment(name, value)
        case _ if isinstance(value, str):
            return value
    raise ValueError("not a text")


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("not true or false")


def _integer(name: str, value: Value) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << _BITS[name]) <= value < 1 << _BITS[name]:
        raise ValueError("not an integer of that size")
    return value


def _float(value: Value) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("not a number")
    try:
        found = float(value or 0)
    except OverflowError:
        found = float("inf")
    if found in (float("inf"), float("-inf")):
        raise ValueError("a number too large")
    return found


def _decimal(value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 80:
        raise ValueError("not a decimal number")
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", str(value)):
        raise ValueError("not a decimal number")
    try:
        return format(Decimal(str(value)), "f")
    except InvalidOperation as error:
        raise ValueError("not a decimal number") from error


def _moment(name: str, value: Value) -> str:
    pattern = _DATE if name == "date" else _TIME
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("not in the form 2013-01-31" if name == "date" else "not in the form 2013-01-31 05:00:00")
    if name == "date":
        return date.fromisoformat(value).isoformat()
    return datetime.fromisoformat(value).isoformat(sep=" ")


def _order(value: Any) -> Any:
    """Something to compare by: numbers as numbers, dates by their text, which sorts as they do."""
    if isinstance(value, str) and not _DATE.match(value):
        return Decimal(value)
    return value
