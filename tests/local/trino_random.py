"""Random expressions over a random table, each with its value by `trino_model`."""

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from tests.local import trino_model as model
from tests.local.trino_model import BITS, T, TrinoError, Unspecified
from tests.local.trino_tables import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    VARCHAR,
    Made,
    Row,
    every,
    first,
    literal,
    null,
    sure,
    tail,
    value,
)


class Expressions:
    """Makes expressions over a table's columns."""

    def __init__(self, r: Random, columns: list[Made]) -> None:
        self.r = r
        self.columns = columns

    def any(self, depth: int = 3) -> Made:
        return self.r.choice([self.number, self.number, self.condition, self.words, self.day, self.stamp])(depth)

    def leaf(self, *kinds: str) -> Made:
        """A column of one of these kinds, or a literal."""
        fitting = [c for c in self.columns if c.type.kind in kinds]
        if fitting and self.r.randint(0, 3):
            return self.r.choice(fitting)
        kind = {"number": [T("decimal", 5, 2), INTEGER, BIGINT, DOUBLE]}.get(kinds[0], [T(kinds[0])])
        return self.constant(self.r.choice(kind))

    def constant(self, kind: T) -> Made:
        known = None
        while known is None:
            known = value(self.r, kind)
        return Made(f"CAST({literal(known, kind)} AS {kind})", kind, lambda _: known)

    def number(self, depth: int) -> Made:
        if depth <= 0:
            return self.leaf("number")
        make = self.r.choice(
            [self._arithmetic] * 4 + [self._negative, self._cast, self._choice, self._measure, self._item]
        )
        return make(depth - 1) if make != self._choice else self._choice(self.number, depth - 1)

    def _arithmetic(self, depth: int) -> Made:
        a, b, operator = self.number(depth), self.number(depth), self.r.choice("+-*/%")
        try:
            kind = model.arithmetic_type(operator, a.type, b.type)
        except Unspecified:
            return a
        return Made(
            f"({a.sql} {operator} {b.sql})",
            kind,
            lambda row: model.arithmetic(operator, *every(row, a, b), a.type, b.type),
        )

    def _negative(self, depth: int) -> Made:
        a, name = self.number(depth), self.r.choice(["-", "abs", "sign"])

        def of(row: Row) -> Any:
            x = a.of(row)
            if x is None:
                return None
            if name == "sign":
                if x == 0 or math.isnan(x):
                    return x if isinstance(x, float) else type(x)(0)
                return type(x)((x > 0) - (x < 0))
            found = x.copy_abs() if isinstance(x, Decimal) else abs(x)
            if name == "-":
                found = -x if not isinstance(x, Decimal) else (x.copy_negate() if x else x)
            return model.fitting_integer(found, a.type, model.RANGE) if a.type.is_integer else found

        kind = T("decimal", 1, 0) if name == "sign" and a.type.name == "decimal" else a.type
        return Made(f"(- {a.sql})" if name == "-" else f"{name}({a.sql})", kind, of)

    def _cast(self, depth: int) -> Made:
        a = self.r.choice([self.number, self.number, self.words, self.condition])(depth)
        to = self.r.choice([T("decimal", 12, self.r.randint(0, 12)), DOUBLE, *map(T, BITS)])
        return Made(f"CAST({a.sql} AS {to})", to, lambda row: model.cast(a.of(row), a.type, to))

    def _choice(self, make: Callable[[int], Made], depth: int) -> Made:
        """CASE, IF, COALESCE, NULLIF, greatest, least of values of one kind."""
        a, b = make(depth), make(depth)
        kind = model.least(a.type, b.type)
        as_a, as_b = (lambda row, m=m: model.coerce(m.of(row), m.type, kind) for m in (a, b))
        form = self.r.choice(["CASE", "IF", "coalesce", "nullif", "greatest"])
        if form in ("CASE", "IF"):
            when = self.condition(depth)
            sql = (
                f"if({when.sql}, {a.sql}, {b.sql})"
                if form == "IF"
                else f"CASE WHEN {when.sql} THEN {a.sql} ELSE {b.sql} END"
            )
            return Made(sql, kind, lambda row: as_a(row) if when.of(row) else as_b(row))
        if form == "coalesce":
            return Made(f"coalesce({a.sql}, {b.sql})", kind, lambda row: first(as_a, as_b, row))
        if form == "nullif":

            def of(row: Row) -> Any:
                x, y = every(row, a, b)
                return None if model.compare("=", x, y, a.type, b.type) else x

            return Made(f"nullif({a.sql}, {b.sql})", a.type, of)
        picked = self.r.choice([max, min])

        def extreme(row: Row) -> Any:
            values = [as_a(row), as_b(row)]
            if any(isinstance(v, float) and math.isnan(v) for v in values):
                raise Unspecified
            return None if None in values else picked(values)

        return Made(f"{'greatest' if picked is max else 'least'}({a.sql}, {b.sql})", kind, extreme)

    def _measure(self, depth: int) -> Made:
        """What counts: length, cardinality, year, days between."""
        if self.r.randint(0, 1):
            a = self.words(depth)
            return Made(f"length({a.sql})", BIGINT, lambda row: null(len, a.of(row)))
        a, b = self.day(depth), self.day(depth)
        if self.r.randint(0, 1):
            return Made(f"year({a.sql})", BIGINT, lambda row: null(lambda d: d.year, a.of(row)))

        def of(row: Row) -> Any:
            x, y = every(row, a, b)
            return None if x is None or y is None else (y - x).days

        return Made(f"date_diff('day', {a.sql}, {b.sql})", BIGINT, of)

    def _item(self, depth: int) -> Made:
        """An array's size or element: `a[i]` fails out of bounds, element_at gives NULL and counts from the end."""
        fitting = [c for c in self.columns if c.type.of is not None and c.type.of.is_integer]
        if not fitting:
            return self.number(depth)
        a, form = self.r.choice(fitting), self.r.choice(["cardinality", "element_at", "subscript"])
        at = self.r.choice([1, 2, 3, -1])
        if form == "cardinality":
            return Made(f"cardinality({a.sql})", BIGINT, lambda row: null(len, a.of(row)))

        def of(row: Row) -> Any:
            items = a.of(row)
            if items is None:
                return None
            if at > len(items) or (at < 0 and (form == "subscript" or -at > len(items))):
                if form == "subscript":
                    raise TrinoError(model.ARGUMENT)
                return None
            return items[at - 1 if at > 0 else at]

        assert a.type.of is not None
        return Made(f"element_at({a.sql}, {at})" if form == "element_at" else f"{a.sql}[{at}]", a.type.of, of)

    def condition(self, depth: int) -> Made:
        if depth <= 0:
            return self.leaf("boolean")
        forms = [self._comparison, self._comparison, self._logic, self._null_test, self._between, self._in, self._like]
        return self.r.choice(forms)(depth - 1)

    def _pair(self, depth: int) -> tuple[Made, Made]:
        make = self.r.choice([self.number, self.number, self.words, self.day, self.stamp, self.condition])
        return make(depth), make(depth)

    def _comparison(self, depth: int) -> Made:
        a, b = self._pair(depth)
        operator = self.r.choice(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])

        def of(row: Row) -> Any:
            x, y = every(row, a, b)
            if not operator.startswith("IS"):
                return model.compare(operator, x, y, a.type, b.type)
            found = model.compare("=", x, y, a.type, b.type)
            is_same = x is y if found is None else found
            return is_same == (operator == "IS NOT DISTINCT FROM")

        return Made(f"({a.sql} {operator} {b.sql})", BOOLEAN, of)

    def _logic(self, depth: int) -> Made:
        """An operand that fails may be skipped or not: unspecified."""
        a, b, word = self.condition(depth), self.condition(depth), self.r.choice(["AND", "OR", "NOT"])
        if word == "NOT":
            return Made(f"(NOT {a.sql})", BOOLEAN, lambda row: model.negated(a.of(row)))
        joined = model.both if word == "AND" else model.either
        return Made(f"({a.sql} {word} {b.sql})", BOOLEAN, lambda row: joined([sure(a, row), sure(b, row)]))

    def _null_test(self, depth: int) -> Made:
        a, word = self.any(depth), self.r.choice(["", "NOT "])
        return Made(f"({a.sql} IS {word}NULL)", BOOLEAN, lambda row: (a.of(row) is None) == (not word))

    def _between(self, depth: int) -> Made:
        (a, b), word = self._pair(depth), self.r.choice(["", "NOT "])
        c = a if self.r.randint(0, 1) else b

        def of(row: Row) -> Any:
            x, y, z = sure(a, row), sure(b, row), sure(c, row)
            low, high = model.compare(">=", x, y, a.type, b.type), model.compare("<=", x, z, a.type, c.type)
            found = model.both([low, high])
            return model.negated(found) if word else found

        return Made(f"({a.sql} {word}BETWEEN {b.sql} AND {c.sql})", BOOLEAN, of)

    def _in(self, depth: int) -> Made:
        (a, b), word = self._pair(depth), self.r.choice(["", "NOT "])
        items = [b, a] if self.r.randint(0, 1) else [b]

        def of(row: Row) -> Any:
            x = sure(a, row)
            found = model.either([model.compare("=", x, sure(i, row), a.type, i.type) for i in items])
            return model.negated(found) if word else found

        return Made(f"({a.sql} {word}IN ({', '.join(i.sql for i in items)}))", BOOLEAN, of)

    def _like(self, depth: int) -> Made:
        a, pattern = self.words(depth), self.r.choice(["%", "a%", "_", "%b", "__", "", "%-%", "Ω", "50%"])
        wanted = re.compile("".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)
        return Made(
            f"({a.sql} LIKE '{pattern}')", BOOLEAN, lambda row: null(lambda x: bool(wanted.fullmatch(x)), a.of(row))
        )

    def words(self, depth: int) -> Made:
        if depth <= 0:
            return self.leaf("varchar")
        form = self.r.choice(["||", "substr", "reverse", "cast", "choice", "replace"])
        if form == "choice":
            return self._choice(self.words, depth - 1)
        if form == "cast":
            a = self.r.choice([self.number, self.condition, self.day, self.stamp])(depth - 1)
            return Made(f"CAST({a.sql} AS varchar)", VARCHAR, lambda row: model.cast(a.of(row), a.type, VARCHAR))
        a = self.words(depth - 1)
        if form == "||":
            b = self.words(depth - 1)

            def joined(row: Row) -> Any:
                x, y = every(row, a, b)
                return None if x is None or y is None else x + y

            return Made(f"({a.sql} || {b.sql})", VARCHAR, joined)
        if form == "substr":
            at = self.r.choice([1, 2, -1, -2])
            return Made(f"substr({a.sql}, {at})", VARCHAR, lambda row: null(lambda x: tail(x, at), a.of(row)))
        if form == "replace":
            return Made(
                f"replace({a.sql}, 'a', 'Ω')", VARCHAR, lambda row: null(lambda x: x.replace("a", "Ω"), a.of(row))
            )
        return Made(f"reverse({a.sql})", VARCHAR, lambda row: null(lambda x: x[::-1], a.of(row)))

    def day(self, depth: int) -> Made:
        if depth <= 0:
            return self.leaf("date")
        form = self.r.choice(["+", "choice", "cast"])
        if form == "choice":
            return self._choice(self.day, depth - 1)
        if form == "cast":
            a = self.stamp(depth - 1)
            return Made(f"CAST({a.sql} AS date)", DATE, lambda row: model.cast(a.of(row), TIMESTAMP, DATE))
        a, days = self.day(depth - 1), self.r.choice([-400, -1, 0, 1, 31])
        sql = f"({a.sql} + INTERVAL '{days}' DAY)" if self.r.randint(0, 1) else f"date_add('day', {days}, {a.sql})"
        return Made(sql, DATE, lambda row: null(lambda x: x + dt.timedelta(days=days), a.of(row)))

    def stamp(self, depth: int) -> Made:
        if depth <= 0:
            return self.leaf("timestamp")
        if self.r.randint(0, 2) == 0:
            return self._choice(self.stamp, depth - 1)
        if self.r.randint(0, 1):
            a = self.day(depth - 1)
            return Made(f"CAST({a.sql} AS timestamp)", TIMESTAMP, lambda row: model.cast(a.of(row), DATE, TIMESTAMP))
        a, hours = self.stamp(depth - 1), self.r.choice([-25, -1, 1, 48])
        sql = f"({a.sql} + INTERVAL '{hours}' HOUR)"
        return Made(sql, TIMESTAMP, lambda row: null(lambda x: x + dt.timedelta(hours=hours), a.of(row)))
