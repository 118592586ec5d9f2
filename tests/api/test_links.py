"""Signed links: read without any header, and not to be widened, prolonged or forged."""

import base64
import json
import logging
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.domain.identifiers import utc_now
from app.main import create_app

JAN_1, JAN_2 = 1356998400000, 1357084800000
SQL = "SELECT day, sum(n) AS n FROM shared.days WHERE day >= :since GROUP BY 1 ORDER BY 1"
SAVED = {"sql": SQL, "parameters": {"since": {"type": "date", "default": "2013-01-01"}}}


@pytest.fixture(scope="module", autouse=True)
def days(api, drop):
    drop("shared.days", "day,n\n2013-01-01,1\n2013-01-02,2\n", {"day": "date", "n": "int"})
    for name in ("days", "others"):
        assert api.put(f"/v1/saved-queries/{name}", json=SAVED).status_code == 201


@pytest.fixture(scope="module")
def anyone(lake):
    """A client without an identity, as a browser on some page."""
    settings = lake.settings.model_copy(update={"cors_origins": ("https://dash.example",)})
    with TestClient(create_app(build_lake(settings)), raise_server_exceptions=False) as client:
        yield client


def link(api, name="days", **body):
    answer = api.post(f"/v1/saved-queries/{name}/links", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


def changed(url, *, path=None, drop=(), **params):
    parts = urlsplit(url)
    pairs = [(name, text) for name, text in parse_qsl(parts.query) if name not in {*params, *drop}]
    return f"{path or parts.path}?{urlencode([*pairs, *params.items()], doseq=True)}"


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_link_to_a_chart_needs_no_header(api, anyone):
    url = link(api, arguments={"since": "2013-01-02"}, options={"shape": "rows"})
    assert url.startswith("http://testserver/v1/saved-queries/days/chart?since=2013-01-02&shape=rows&link=")
    answer = anyone.get(url)
    assert (answer.status_code, answer.json()) == (200, [["day", "n"], [JAN_2, 2]])
    known = {"If-None-Match": answer.headers["etag"]}
    assert anyone.get(url, headers=known).status_code == 304
    refused(anyone.get(changed(url, drop=["link"])), 401, "unauthenticated")


def test_a_browser_of_a_configured_origin_may_read_it(api, anyone):
    answer = anyone.get(link(api, options={"shape": "csv"}), headers={"Origin": "https://dash.example"})
    assert answer.headers["access-control-allow-origin"] == "https://dash.example"
    assert "Age" in answer.headers["access-control-expose-headers"]
    assert answer.text.splitlines() == ['"day","n"', '"2013-01-01","1"', '"2013-01-02","2"']


def test_a_polling_client_sees_new_data_under_the_same_address(api, anyone, drop):
    drop("shared.polled", "n\n1\n", {"n": "int"})
    sql = {"sql": "SELECT 1 AS x, sum(n) AS n FROM shared.polled"}
    assert api.put("/v1/saved-queries/polled", json=sql).status_code == 201
    url = link(api, "polled", options={"shape": "csv"})
    assert anyone.get(url).text.splitlines()[1:] == ['"1","1"']
    drop("shared.polled", "n\n4\n")
    assert anyone.get(url, headers={"Prefer": "wait=25"}).text.splitlines()[1:] == ['"1","5"']
    assert anyone.get(url).text.splitlines()[1:] == ['"1","5"']


def test_results_are_paged_by_link(api, anyone):
    url = link(api, target="results", options={"limit": 1})
    rows = []
    while url:
        answer = anyone.get(url)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["rows"]
        url = answer.links.get("next", {}).get("url")
    assert rows == [["2013-01-01", 1], ["2013-01-02", 2]]


def test_every_option_of_results_is_one_of_links_too(api, anyone):
    document = api.get("/openapi.json").json()
    paths = ("/v1/saved-queries/{name}/results", "/v1/saved-queries/{name}/chart")
    parameters = [one for path in paths for one in document["paths"][path]["get"]["parameters"]]
    names = {one["name"] for one in parameters if one["in"] == "query"} - {"arguments", "page_token"}
    assert names == set(document["components"]["schemas"]["LinkOptions"]["properties"])
    url = link(api, target="results", options={"rows": "objects"})
    assert anyone.get(url).json()["rows"][0] == {"day": "2013-01-01", "n": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"since": "2013-01-01"},
        {"shape": "rows"},
        {"x": "n"},
        {"width": "10"},
        {"since": ["2013-01-02", "2013-01-01"]},
        {"drop": ["since"]},
        {"drop": ["shape"]},
        {"path": "/v1/saved-queries/others/chart"},
        {"path": "/v1/saved-queries/days/results"},
        {"other": "1"},
    ],
    ids=str,
)
def test_a_link_opens_nothing_but_what_it_was_made_for(api, anyone, change):
    url = link(api, arguments={"since": "2013-01-02"}, options={"shape": "csv"})
    assert anyone.get(url).status_code == 200
    refused(anyone.get(changed(url, **change)), 403, "bad_link")


@pytest.mark.parametrize("path", ["/v1/saved-queries/days", "/v1/me", "/v1/queries/x/results", "/v1/saved-queries"])
def test_a_link_is_no_identity_elsewhere(api, anyone, path):
    refused(anyone.get(changed(link(api), path=path)), 401, "unauthenticated")


def test_a_page_token_in_a_link_opens_no_other_result(api, anyone, ask):
    private = ask("SELECT n * 100 AS secret FROM shared.days ORDER BY 1")["id"]
    pages = [f"/v1/queries/{private}/results", "/v1/saved-queries/days/results"]
    tokens = [api.get(page, params={"limit": 1}).json()["next_page_token"] for page in pages]
    url = link(api, target="results", arguments={"since": "2013-01-02"})
    for token in tokens:
        refused(anyone.get(changed(url, page_token=token)), 400, "bad_page_token")


def forged(url, **claims):
    token = dict(parse_qsl(urlsplit(url).query))["link"]
    said, _, signature = token.partition(".")
    grant = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    names = ("tenant", "by", "expires", "free")
    grant = [claims.get(name, value) for name, value in zip(names, grant, strict=True)]
    said = base64.urlsafe_b64encode(json.dumps(grant, separators=(",", ":")).encode()).decode().rstrip("=")
    return changed(url, link=f"{said}.{signature}")


def test_what_a_link_says_of_itself_cannot_be_changed(api, anyone):
    url = link(api)
    assert anyone.get(forged(url)).status_code == 200, "only what is changed below makes the difference"
    for claims in ({"tenant": "others"}, {"expires": 4102444800}, {"free": ["since"]}, {"by": "sub:me"}):
        refused(anyone.get(forged(url, **claims)), 403, "bad_link")


ODD = ["", ".", "x", "x.y", "WzEsMl0.x", "bnVsbA.x", base64.urlsafe_b64encode(b"[" * 3000).decode() + ".x", "\ud83d.ä"]
ODD += [base64.urlsafe_b64encode(b'["a", "b", Infinity, []]').decode() + ".x"]


@pytest.mark.parametrize("token", [one.encode("utf-8", "replace") for one in ODD])
def test_odd_tokens_are_refused(anyone, token):
    refused(anyone.get("/v1/saved-queries/days/chart", params={"link": token}), 403, "bad_link")


def test_a_link_expires(api, lake):
    url = link(api, expires_in=60)
    for seconds, status in ((40, 200), (61, 401)):
        later = build_lake(lake.settings, clock=lambda seconds=seconds: utc_now() + timedelta(seconds=seconds))
        answer = TestClient(create_app(later)).get(url)
        assert answer.status_code == status
    refused(answer, 401, "link_expired")


def test_a_link_dies_with_the_key_that_made_it(api, lake):
    key = api.post("/v1/api-keys", json={"name": "maker", "role": "viewer"}).json()
    body = {"options": {"shape": "csv"}}
    made = api.post("/v1/saved-queries/days/links", json=body, headers={"X-Api-Key": key["api_key"]})
    reader = TestClient(create_app(build_lake(lake.settings.model_copy(update={"api_key_cache_seconds": 0}))))
    assert reader.get(made.json()["url"]).status_code == 200
    etag = api.get(f"/v1/api-keys/{key['id']}").headers["etag"]
    assert api.delete(f"/v1/api-keys/{key['id']}", headers={"If-Match": etag}).status_code == 204
    refused(reader.get(made.json()["url"]), 401, "link_expired")


def test_another_secret_or_none_opens_no_link(api, lake):
    url = link(api)
    other = lake.settings.model_copy(update={"link_secret": "quite another secret"})
    refused(TestClient(create_app(build_lake(other))).get(url), 403, "bad_link")
    off = TestClient(create_app(build_lake(lake.settings.model_copy(update={"link_secret": None}))))
    refused(off.get(url), 409, "links_off")


def test_a_link_leads_where_nothing_but_the_link_is_asked_for(lake, api, admin_key):
    """Behind API Gateway that is not the address at which tokens are asked for."""
    settings = lake.settings.model_copy(update={"link_base_url": "https://keys.example"})
    with TestClient(create_app(build_lake(settings)), headers={"X-Api-Key": admin_key}) as elsewhere:
        made = link(elsewhere)
    assert made.startswith("https://keys.example/v1/saved-queries/days/")
    assert link(api).startswith(str(api.base_url))


def test_what_is_free_may_be_chosen_and_nothing_else(api, anyone):
    url = link(api, arguments={"since": "2013-01-02"}, options={"shape": "rows"}, free=["since", "width"])
    assert len(anyone.get(changed(url, since="2013-01-01", width=300)).json()) == 3
    assert len(anyone.get(url).json()) == 2
    refused(anyone.get(changed(url, shape="csv")), 403, "bad_link")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"arguments": {"since": "yesterday"}}, "/arguments/since"),
        ({"arguments": {"nonesuch": 1}}, "/arguments/nonesuch"),
        ({"free": ["page_token"]}, "/free/0"),
        ({"free": ["link"]}, "/free/0"),
        ({"free": ["format"]}, "/free/0"),
        ({"target": "results", "options": {"shape": "csv"}}, ""),
        ({"options": {"shape": "cake"}}, "/options/shape"),
        ({"expires_in": 86_401}, "/expires_in"),
        ({"target": "sql"}, "/target"),
    ],
)
def test_links_that_could_not_work_are_not_made(api, body, pointer):
    answer = api.post("/v1/saved-queries/days/links", json=body)
    refused(answer, 422, "invalid_input")
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_another_tenants_saved_query_is_not_there(lake, anyone):
    key = lake.identity.ensure_admin_key("others")
    refused(anyone.post("/v1/saved-queries/days/links", json={}, headers={"X-Api-Key": key}), 404, "not_found")


def test_logs_have_no_part_of_a_link(api, anyone, caplog):
    url = link(api, options={"shape": "csv"})
    with caplog.at_level(logging.INFO):
        anyone.get(url)
        anyone.get(forged(url, tenant="others"))
    token = dict(parse_qsl(urlsplit(url).query))["link"]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("headgate")]
    assert any('"principal":"link:key:' in line for line in ours)
    assert not any(part in line for line in ours for part in token.split("."))


SLOW = (
    "SELECT 1 AS x, count(*) AS y FROM UNNEST(sequence(1, 9000)) a (x), UNNEST(sequence(1, 9000)) b (y)"
    " WHERE (x * y) % {} = 0"
)


@pytest.mark.parametrize("target", ["chart", "results"])
def test_a_link_says_of_a_query_that_still_runs_where_to_look_again_and_no_more(api, anyone, target):
    name = f"slow-{target}"
    assert api.put(f"/v1/saved-queries/{name}", json={"sql": SLOW.format(len(name))}).status_code == 201
    url = link(api, name, target=target)
    answer = anyone.get(url, headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    assert set(answer.json()) == {"id", "state"}
    assert "etag" not in answer.headers
    again = anyone.get(answer.headers["location"], headers={"Prefer": "wait=25"})
    assert again.status_code == 200, again.text
    whole = api.get(f"/v1/queries/{answer.json()['id']}").json()
    assert whole["sql"] == SLOW.format(len(name)), "who has an identity is told all"
