"""The lake that these tests query: relations as a service would resolve them."""

from pathlib import Path

from pyathena.sqlalchemy.base import AthenaDialect

from app.domain.schemas import Column, parse_type
from app.sql.parameters import Parameter
from app.sql.relations import Relation

HERE = Path(__file__).parent


def columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=parse_type(kind)) for name, kind in types.items())


def plain(database: str, table: str, /, **types: str) -> Relation:
    return Relation(database, f"{table}__v1", columns(**types))


FLIGHTS = columns(
    carrier="varchar", origin="varchar", dest="varchar", tailnum="varchar", flight="int", year="int", month="int",
    day="date", time_hour="timestamp", dep_delay="double", arr_delay="double", distance="double", is_late="boolean",
    amount="decimal(12,2)",
)  # fmt: skip
MONEY = "decimal(15,2)"
LAKE = {
    "flights.flights": Relation("flights", "flights__v01", FLIGHTS),
    "flights.flights_raw": Relation("flights", "flights_raw__files", FLIGHTS, ("f1", "f2"), is_text=True),
    "flights.airlines": plain("flights", "airlines", carrier="varchar", name="varchar"),
    "flights.planes": plain("flights", "planes", tailnum="varchar", year="int", tags="array<varchar>"),
    "flights.events": plain("flights", "events", payload="varchar", m="map<varchar,int>", a="array<int>"),
    "weather.hourly": plain("weather", "hourly", origin="varchar", time_hour="timestamp", temp="double"),
    "tpch.lineitem": plain(
        "tpch", "lineitem", orderkey="bigint", partkey="bigint", suppkey="bigint", linenumber="int", quantity=MONEY,
        extendedprice=MONEY, discount=MONEY, tax=MONEY, returnflag="varchar", linestatus="varchar", shipdate="date",
        commitdate="date", receiptdate="date", shipinstruct="varchar", shipmode="varchar", comment="varchar",
    ),
    "tpch.part": plain(
        "tpch", "part", partkey="bigint", name="varchar", mfgr="varchar", brand="varchar", type="varchar", size="int",
        container="varchar", retailprice=MONEY, comment="varchar",
    ),
    "tpch.supplier": plain(
        "tpch", "supplier", suppkey="bigint", name="varchar", address="varchar", nationkey="bigint", phone="varchar",
        acctbal=MONEY, comment="varchar",
    ),
    "tpch.partsupp": plain(
        "tpch", "partsupp", partkey="bigint", suppkey="bigint", availqty="int", supplycost=MONEY, comment="varchar",
    ),
    "tpch.customer": plain(
        "tpch", "customer", custkey="bigint", name="varchar", address="varchar", nationkey="bigint", phone="varchar",
        acctbal=MONEY, mktsegment="varchar", comment="varchar",
    ),
    "tpch.orders": plain(
        "tpch", "orders", orderkey="bigint", custkey="bigint", orderstatus="varchar", totalprice=MONEY,
        orderdate="date", orderpriority="varchar", clerk="varchar", shippriority="int", comment="varchar",
    ),
    "tpch.nation": plain("tpch", "nation", nationkey="bigint", name="varchar", regionkey="bigint", comment="varchar"),
    "tpch.region": plain("tpch", "region", regionkey="bigint", name="varchar", comment="varchar"),
}  # fmt: skip
PARAMETERS = {
    "since": Parameter("date", "2013-01-01"),
    "carrier": Parameter("varchar", "O'Hare; DROP TABLE x --"),
    "n": Parameter("int", 5),
    "at": Parameter("timestamp", "2013-01-01T10:00:00"),
    "distance": Parameter("double", 100.5),
    "late": Parameter("boolean", value=True),
    "amount": Parameter("decimal(12,2)", "10.50"),
}


def corpus(name: str) -> list[str]:
    return [query for query in (HERE / f"{name}.sql").read_text().split("\n\n") if query.strip()]


DIALECT = AthenaDialect(paramstyle="named")


def corpora() -> list[str]:
    """The files of honest queries by subject."""
    return sorted(file.stem for file in (HERE / "corpus").glob("*.sql"))
