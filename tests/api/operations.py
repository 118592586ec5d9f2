"""Every operation of the API, and one example of every resource: what the tests of conventions walk over.

A new route joins by itself. One with a new path parameter fails until `World` has an example of what it names.
"""

from dataclasses import dataclass, field
from typing import Any

from app.bootstrap import build_lake
from app.main import create_app
from app.settings import Settings

_DOCUMENT = create_app(build_lake(Settings())).openapi()


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the OpenAPI document has it."""

    method: str
    path: str
    details: dict[str, Any] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def noun(self) -> str:
        return self.path.split("/")[2] if self.path.startswith("/v1/") else ""

    @property
    def scope(self) -> str | None:
        """None: whoever is authenticated."""
        scope = self.details.get("x-required-scope")
        return None if scope in (None, "any") else str(scope)

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.details

    @property
    def parameters(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def is_list(self) -> bool:
        schema = (
            self.details["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        return schema.get("$ref", "").rsplit("/", 1)[-1].startswith("PageOf")

    @property
    def needs_if_match(self) -> bool:
        """Takes If-Match and refuses to go without it; a PUT may create."""
        names = {one["name"].lower() for one in self.details.get("parameters", ()) if one["in"] == "header"}
        return "if-match" in names and self.method != "PUT"

    def example(self) -> dict[str, Any]:
        """The example of the request body that the document shows."""
        schema = self.details["requestBody"]["content"]["application/json"]["schema"]
        for one in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
            found = _resolved(one).get("examples")
            if found:
                return dict(found[0])
        raise AssertionError(f"{self} shows no example of its body; add json_schema_extra to its model")

    def at(self, values: dict[tuple[str, str], str]) -> str:
        """The path with values for its parameters, by (noun, parameter)."""
        path = self.path
        for name in self.parameters:
            assert (self.noun, name) in values, (
                f"{self}: add an example of {{{name}}} to World in tests/api/operations.py"
            )
            path = path.replace(f"{{{name}}}", values[self.noun, name])
        return path


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return dict(_DOCUMENT["components"]["schemas"][name]) if name else schema


EVERY = [Operation(m.upper(), path, one) for path, item in _DOCUMENT["paths"].items() for m, one in item.items()]
CLOSED = [one for one in EVERY if one.path != "/health"]
"""All that need an identity."""
NOWHERE: dict[tuple[str, str], str] = {(one.noun, name): "nowhere" for one in EVERY for name in one.parameters}


@dataclass(frozen=True)
class World:
    """One example of every resource, in the home tenant: values of path parameters by (noun, parameter)."""

    values: dict[tuple[str, str], str]


def made(api: Any, drop: Any, ask: Any, deliver: Any) -> World:
    """Register, drop, curate, query, save."""
    file_id = drop("world.flights", "day,delay\n2013-01-01,5\n2013-01-02,7\n", {"day": "date", "delay": "int"})
    drop("world.more", "n\n1\n", {"n": "int"})
    job = {
        "name": "world-job",
        "sources": ["world.flights"],
        "target": {"namespace": "world", "name": "curated", "tier": "curated"},
        "transform": {"columns": [{"name": "day"}, {"name": "delay"}]},
    }
    for name, target in (("world-job", "curated"), ("other-job", "other")):
        body = {**job, "name": name, "target": {**job["target"], "name": target}}  # type: ignore[dict-item]
        answer = api.post("/v1/jobs", json=body)
        assert answer.status_code == 201, answer.text
    runs = [api.post("/v1/jobs/world-job/runs").json()["id"] for _ in range(2)]
    deliver()
    for name in ("world-saved", "world-other"):
        saved = {"sql": "SELECT day, delay FROM world.flights", "chart": {"x": "day", "y": ["delay"]}}
        assert api.put(f"/v1/saved-queries/{name}", json=saved).status_code == 201
    for name in ("world-lines", "world-spare"):
        assert api.put(f"/v1/classifiers/{name}", json={"pattern": "(?P<day>[^;]+);(?P<delay>.*)"}).status_code == 201
    key = api.post("/v1/api-keys", json={"name": "world", "role": "viewer"}).json()
    return World(
        {
            ("datasets", "dataset_id"): "world.flights",
            ("datasets", "file_id"): file_id,
            ("datasets", "version"): api.get("/v1/datasets/world.flights").json()["current_version"],
            ("jobs", "name"): "world-job",
            ("runs", "run_id"): runs[0],
            ("queries", "query_id"): ask("SELECT count(*) AS n FROM world.flights")["id"],
            ("saved-queries", "name"): "world-saved",
            ("saved-queries", "version"): api.get("/v1/saved-queries/world-saved").json()["version"],
            ("classifiers", "name"): "world-lines",
            ("api-keys", "key_id"): key["id"],
        }
    )
