"""Who may do what: every route, every role, every tenant. A new route joins by itself."""

from typing import Any

import pytest

from app.domain.access import ROLES, NewApiKey, Principal, Scope
from tests.api.operations import CLOSED, EVERY, NOWHERE, Operation

PROBLEM = "application/problem+json"
NAMES = [str(one) for one in CLOSED]


@pytest.fixture(scope="module")
def keys(lake: Any, admin_key: str) -> dict[str, str]:
    """A key of every role in the home tenant, and an admin's of another."""
    home = Principal(id="test", tenant=lake.settings.home_tenant, scopes=frozenset(Scope))
    made = {}
    for role in ROLES:
        key, secret = lake.identity.create(home, NewApiKey(name=role, role=role))
        made[role] = f"{key.prefix}.{secret}"
    return made


@pytest.fixture(scope="module")
def stranger(lake: Any) -> str:
    return str(lake.identity.ensure_admin_key("strangers"))


@pytest.fixture
def nobody(api: Any) -> Any:
    """The client without its key."""
    key = api.headers.pop("x-api-key")
    yield api
    api.headers["x-api-key"] = key


@pytest.mark.parametrize("operation", CLOSED, ids=NAMES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "main-" + "0" * 26 + ".wrong"},
        {"x-api-key": "nonsense"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Basic Zm9vOmJhcg=="},
    ],
    ids=["nothing", "unknown key", "no key", "bearer", "basic"],
)
def test_nothing_is_open_without_an_identity(nobody: Any, operation: Operation, headers: dict[str, str]) -> None:
    answer = nobody.request(operation.method, operation.at(NOWHERE), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM), answer.text
    assert answer.json()["code"] == "unauthenticated"
    assert "www-authenticate" in answer.headers


def test_only_health_is_open() -> None:
    assert [str(one) for one in EVERY if one not in CLOSED] == ["GET /health"]


@pytest.mark.parametrize("operation", CLOSED, ids=NAMES)
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_may_do_what_its_scopes_say_and_nothing_else(
    api: Any, keys: dict[str, str], operation: Operation, role: str
) -> None:
    headers = {"x-api-key": keys[role], "If-Match": '"1"'}
    body = {"json": {"no_such_field": 1}} if operation.has_body else {}
    answer = api.request(operation.method, operation.at(NOWHERE), headers=headers, **body)
    if operation.scope is None or operation.scope in ROLES[role]:
        assert answer.status_code not in {401, 403}, answer.text
        assert answer.status_code < 500, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert operation.scope in answer.json()["detail"]


READING_POSTS = {"infer_schema", "create_saved_query_link"}  # nothing is stored; a link shows what its maker may read


@pytest.mark.parametrize("operation", CLOSED, ids=NAMES)
def test_what_changes_things_needs_more_than_reading(operation: Operation) -> None:
    if operation.method != "GET" and operation.details["operationId"] not in READING_POSTS:
        assert operation.scope is not None
        assert not operation.scope.endswith(":read")


def test_every_scope_is_used_and_given_to_a_role() -> None:
    assert {one.scope for one in CLOSED} - {None} == {scope.value for scope in Scope}
    assert frozenset().union(*(scopes for role, scopes in ROLES.items() if role != "admin")) == frozenset(Scope) - {
        Scope.KEYS_ADMIN
    }


CREATING = {"put_saved_query", "put_classifier"}
NAMED = [one for one in CLOSED if one.parameters and one.details["operationId"] not in CREATING]


@pytest.mark.parametrize("operation", NAMED, ids=[str(one) for one in NAMED])
def test_what_belongs_to_another_tenant_is_not_there(api: Any, world: Any, stranger: str, operation: Operation) -> None:
    body = {"json": operation.example()} if operation.has_body else {}
    headers = {"x-api-key": stranger, "If-Match": '"1"'}
    theirs = api.request(operation.method, operation.at(world.values), headers=headers, **body)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found"), theirs.text
    missing = {name: value[:-1] + "x" for name, value in world.values.items()}
    nowhere = api.request(operation.method, operation.at(missing), headers=headers, **body)
    assert nowhere.status_code == 404
    assert nowhere.json()["title"] == theirs.json()["title"], "no difference between not there and not yours"


LISTS = [one for one in CLOSED if one.is_list and not one.parameters]


@pytest.mark.parametrize("operation", LISTS, ids=[str(one) for one in LISTS])
def test_lists_have_nothing_of_another_tenant(api: Any, world: Any, lake: Any, operation: Operation) -> None:
    key = lake.identity.ensure_admin_key(f"empty{operation.noun.replace('-', '')}")
    answer = api.get(operation.path, headers={"x-api-key": key})
    assert answer.status_code == 200
    own = (
        [] if operation.noun != "api-keys" else [one for one in answer.json()["items"] if one["name"] != "local admin"]
    )
    assert (answer.json()["items"] if operation.noun != "api-keys" else own) == []


def test_another_tenants_data_cannot_be_queried_or_saved(api: Any, world: Any, stranger: str) -> None:
    for method, path in (("POST", "/v1/queries"), ("POST", "/v1/queries/estimate"), ("PUT", "/v1/saved-queries/mine")):
        answer = api.request(method, path, json={"sql": "SELECT * FROM world.flights"}, headers={"x-api-key": stranger})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_sql")


def test_the_same_names_in_two_tenants_are_two_things(api: Any, world: Any, lake: Any) -> None:
    theirs = {"x-api-key": lake.identity.ensure_admin_key("doubles")}
    mine = api.get("/v1/saved-queries/world-saved").json()
    assert api.put("/v1/saved-queries/world-saved", json={"sql": "SELECT 1 AS n"}, headers=theirs).status_code == 201
    assert api.get("/v1/saved-queries/world-saved").json() == mine
    new = {"namespace": "world", "name": "flights", "tier": "raw", "description": "theirs"}
    assert api.post("/v1/datasets", json=new, headers=theirs).status_code == 201
    assert api.get("/v1/datasets/world.flights").json()["description"] == ""
    assert api.get("/v1/datasets/world.flights", headers=theirs).json()["description"] == "theirs"


def test_a_page_token_opens_no_other_tenant(api: Any, world: Any, stranger: str) -> None:
    for path in ("/v1/datasets", "/v1/jobs", "/v1/saved-queries"):
        token = api.get(path, params={"limit": 1}).json()["next_page_token"]
        answer = api.get(path, params={"page_token": token}, headers={"x-api-key": stranger})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_page_token")


def test_a_tenant_in_the_body_or_a_header_changes_nothing(api: Any, stranger: str) -> None:
    answer = api.get("/v1/me", headers={"x-api-key": stranger, "x-tenant": "main", "tenant": "main"})
    assert answer.json()["tenant"] == "strangers"
