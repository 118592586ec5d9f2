"""The conventions of the API, each shown for every route. A new route joins by itself."""

import base64
import itertools
from typing import Any

import pytest

from tests.api.operations import CLOSED, EVERY, NOWHERE, Operation

PROBLEM = "application/problem+json"
FIELDS = {"type", "title", "status", "detail", "instance", "code", "retryable", "errors"}
BODIES = [one for one in CLOSED if one.has_body]
POSTS = [one for one in CLOSED if one.method == "POST"]
LISTS = [one for one in CLOSED if one.is_list]
RESULTS = [one for one in CLOSED if one.path.endswith("/results")]
GUARDED = [one for one in CLOSED if one.needs_if_match]
TAGGED = [
    one
    for one in CLOSED
    if one.method == "GET" and any(other.path == one.path and other.method in {"PATCH", "DELETE"} for other in CLOSED)
]
_numbers = itertools.count(1)


def over(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=[str(one) for one in operations])


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == PROBLEM
    said = answer.json()
    assert set(said) == FIELDS
    assert said["status"] == status
    assert said["type"].endswith(f"#{code}")
    assert said["instance"] == f"urn:request:{answer.headers['x-request-id']}"


def test_the_walk_found_the_routes() -> None:
    assert len(CLOSED) > 40
    assert min(map(len, (BODIES, POSTS, LISTS, GUARDED, TAGGED))) > 2
    assert len(RESULTS) > 1


@over(BODIES)
def test_unknown_fields_are_refused_by_name(api: Any, operation: Operation) -> None:
    body = {**operation.example(), "no_such_field": "secret"}
    answer = api.request(operation.method, operation.at(NOWHERE), json=body, headers={"If-Match": '"1"'})
    assert_problem(answer, 422, "invalid_input")
    assert {"pointer": "/no_such_field", "code": "extra_forbidden"}.items() <= answer.json()["errors"][0].items()
    assert "secret" not in answer.text


ODD = {
    "not json": b"{",
    "nothing": b"",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "NaN": b'{"a": NaN}',
    "overflow": b'{"a": 1e400}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "duplicate keys": b'{"a": 1, "a": 2}',
    "deep": b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deeper": b"[" * 200_000,
    "a huge number": b'{"a": ' + b"9" * 100_000 + b"}",
    "NUL": b'{"a": "\\u0000"}',
    "a line break in text": b'{"a": "\n"}',
    "too large": b'{"a": "' + b"x" * 1_100_000 + b'"}',
    "percent": b"%00%ff",
}


@over(BODIES)
@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_json_is_refused_with_a_problem(api: Any, operation: Operation, body: bytes) -> None:
    headers = {"If-Match": '"1"', "content-type": "application/json"}
    answer = api.request(operation.method, operation.at(NOWHERE), content=body, headers=headers)
    if body in {b"", b"null"} and answer.status_code == 404:
        return  # an operation whose body may be left out
    assert answer.status_code in {400, 413, 422}, answer.text
    assert_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    ("body", "status", "hint"),
    [
        (b'{"a": 1, "a": 2}', 400, "same key twice"),
        (b'{"a": NaN}', 400, "NaN"),
        (b"{", 400, "brackets"),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', 413, "bytes"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "odd"}], ids=["plain", "with a key"])
def test_a_refused_body_says_what_is_wrong_with_it(
    api: Any, body: bytes, status: int, hint: str, headers: dict[str, str]
) -> None:
    if headers:
        headers = {"Idempotency-Key": f"odd-{next(_numbers)}"}
    answer = api.post("/v1/datasets", content=body, headers={**headers, "content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert hint in answer.json()["detail"]


def test_a_refused_field_is_explained_in_our_own_words(api: Any) -> None:
    body = {"namespace": "a__b", "name": "c", "tier": "raw"}
    (problem,) = api.post("/v1/datasets", json=body).json()["errors"]
    assert not problem["detail"].startswith("Value error")


@over(BODIES)
def test_a_body_that_does_not_say_it_is_json_is_refused(api: Any, operation: Operation) -> None:
    headers = {"If-Match": '"1"', "content-type": "application/x-www-form-urlencoded"}
    answer = api.request(operation.method, operation.at(NOWHERE), content=b"a=1", headers=headers)
    assert_problem(answer, 400, "malformed_body")
    assert "Content-Type" in answer.json()["detail"]


@over(GUARDED)
def test_a_change_needs_if_match(api: Any, world: Any, operation: Operation) -> None:
    body = {"json": operation.example()} if operation.has_body else {}
    path = operation.at(world.values)
    assert_problem(api.request(operation.method, path, **body), 428, "precondition_required")
    for stale in ('"999999"', '"x"', "*, nonsense", ""):
        answer = api.request(operation.method, path, headers={"If-Match": stale}, **body)
        assert_problem(answer, 412, "precondition_failed")


@over(TAGGED)
def test_what_can_be_changed_has_an_etag_that_works(api: Any, world: Any, operation: Operation) -> None:
    path = operation.at(world.values)
    first = api.get(path)
    etag = first.headers["etag"]
    assert first.status_code == 200
    again = api.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert api.get(path, headers={"If-None-Match": '"999999"'}).status_code == 200


KEPT = ("content-type", "location", "etag", "retry-after", "link")


@over(POSTS)
def test_a_repeated_post_gets_the_first_answer_byte_for_byte(api: Any, world: Any, operation: Operation) -> None:
    headers = {"Idempotency-Key": f"once-{next(_numbers)}"}
    path = operation.at({**world.values, ("api-keys", "key_id"): _spare_key(api)})
    body = {"json": operation.example()} if operation.has_body else {}
    first = api.post(path, headers=headers, **body)
    assert first.status_code < 500, first.text
    again = api.post(path, headers=headers, **body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert {name: again.headers.get(name) for name in KEPT} == {name: first.headers.get(name) for name in KEPT}
    other = api.post(path, headers=headers, json={"another": "body"})
    assert_problem(other, 422, "idempotency_key_reused")


def _spare_key(api: Any) -> str:
    return str(api.post("/v1/api-keys", json={"name": "spare", "role": "viewer"}).json()["id"])


@pytest.mark.parametrize("key", ["x" * 256, "ä", "a\tb"])
def test_an_idempotency_key_is_short_and_plain(api: Any, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    assert_problem(
        api.post("/v1/api-keys", json={"name": "k", "role": "viewer"}, headers=headers), 422, "invalid_input"
    )


def test_the_same_idempotency_key_of_another_principal_is_another_key(api: Any, lake: Any) -> None:
    headers = {"Idempotency-Key": "shared"}
    mine = api.post("/v1/api-keys", json={"name": "mine", "role": "viewer"}, headers=headers)
    other = {**headers, "x-api-key": lake.identity.ensure_admin_key("others")}
    theirs = api.post("/v1/api-keys", json={"name": "theirs", "role": "viewer"}, headers=other)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert theirs.json()["name"] == "theirs"


@over(LISTS)
def test_lists_come_in_pages(api: Any, world: Any, operation: Operation) -> None:
    path = operation.at(world.values)
    whole = api.get(path, params={"limit": 1000})
    assert (whole.status_code, set(whole.json())) == (200, {"items", "next_page_token"})
    items, url, token = [], f"{path}?limit=1", None
    while url:
        page = api.get(url)
        assert len(page.json()["items"]) <= 1
        items += page.json()["items"]
        token, url = page.json()["next_page_token"], page.links.get("next", {}).get("url")
        assert (url is None) == (token is None)
    assert items == whole.json()["items"]
    assert items, "World has at least one of everything that is listed"


BRACKETS = base64.urlsafe_b64encode(b"[" * 3000).decode()


@over(RESULTS)
def test_a_token_of_brackets_opens_no_result(api: Any, world: Any, operation: Operation) -> None:
    answer = api.get(operation.at(world.values), params={"page_token": BRACKETS})
    assert_problem(answer, 400, "bad_page_token")


@over(LISTS)
@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"limit": 0}, 422, "invalid_input"),
        ({"limit": 1001}, 422, "invalid_input"),
        ({"limit": "many"}, 422, "invalid_input"),
        ({"page_token": "nonsense"}, 400, "bad_page_token"),
        ({"page_token": "e30"}, 400, "bad_page_token"),
        ({"page_token": "W10"}, 400, "bad_page_token"),
        ({"page_token": "eyJxIjoieCIsImsiOlsxXX0"}, 400, "bad_page_token"),
        ({"page_token": BRACKETS}, 400, "bad_page_token"),
    ],
)
def test_limits_and_tokens_are_checked(
    api: Any, world: Any, operation: Operation, params: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(api.get(operation.at(world.values), params=params), status, code)


@over(EVERY)
def test_every_answer_has_a_request_id(api: Any, operation: Operation) -> None:
    answer = api.request(operation.method, operation.at(NOWHERE))
    assert len(answer.headers["x-request-id"]) >= 8
    mine = api.request(operation.method, operation.at(NOWHERE), headers={"X-Request-Id": "my-request-1"})
    assert mine.headers["x-request-id"] == "my-request-1"
    odd = api.request(operation.method, operation.at(NOWHERE), headers={"X-Request-Id": "a b\x7f<script>"})
    assert "script" not in odd.headers["x-request-id"]


@over(CLOSED)
def test_other_methods_are_405_and_unknown_paths_404(api: Any, operation: Operation) -> None:
    path = operation.at(NOWHERE)
    methods = {one.method for one in EVERY if one.at(NOWHERE) == path}
    unused = next(method for method in ("PUT", "PATCH", "DELETE") if method not in methods)
    answer = api.request(unused, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert methods <= set(answer.headers["allow"].split(", "))
    assert_problem(api.get(f"{path}/no/such/path/at/all"), 404, "no_such_route")


def test_prefer_wait_is_bounded_and_odd_ones_are_ignored(api: Any, world: Any) -> None:
    path = f"/v1/queries/{world.values['queries', 'query_id']}"
    assert api.get(path, headers={"Prefer": "wait=9999"}).headers["preference-applied"] == "wait=25"
    for odd in ("wait=-1", "wait=x", "respond-async", "wait", ""):
        assert "preference-applied" not in api.get(path, headers={"Prefer": odd}).headers
