"""Classifiers: odd text formats taken apart by a tenant's own patterns, on the way into a typed table."""

import gzip
import json
import time

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.dropping import Partner

NGINX = {
    "pattern": r'(?P<ip>\S+) \S+ (?P<User>\S+) \[(?P<at>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+|-)'
    r'(?: "(?P<agent>[^"]*)")?',
    "columns": [{"name": "bytes", "type": "bigint", "null_tokens": ["-"]}],
    "skip": "^#",
    "min_certainty": 0.9,
}
LOG = (
    "# a comment\n"
    '10.0.0.1 - ann [2013-01-31 10:20:30] "GET /a HTTP/1.1" 200 512 "curl, 8"\n'
    "\n"
    '10.0.0.2 - - [2013-01-31 10:20:31] "GET /ü \\n" 404 -\n'
    '10.0.0.3 - - [2013-01-31 10:20:32] "GET /c" 200 3000000000 ""\n'
)
PAIRS = {"pattern": "(?P<k>[a-z]+)=(?P<v>[0-9]+)"}


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


@pytest.fixture(scope="module", autouse=True)
def nginx(api):
    put(api, "nginx", **NGINX)
    put(api, "pairs", **PAIRS)


def put(api, name, **body):
    answer = api.put(f"/v1/classifiers/{name}", json=body)
    assert answer.status_code == 201, answer.text
    return answer


def drop(api, name):
    etag = api.get(f"/v1/classifiers/{name}").headers["etag"]
    assert api.delete(f"/v1/classifiers/{name}", headers={"If-Match": etag}).status_code == 204


@pytest.fixture
def automatic(api):
    """Puts classifiers that are automatic, and takes them away again: they concern every file without a format."""
    names = []

    def made(name, **body):
        names.append(name)
        return put(api, name, **{**body, "automatic": True})

    yield made
    for name in names:
        drop(api, name)


def text(partner, classifier="nginx", **more):
    return partner.dataset(format={"type": "text", "classifier": classifier, **more})


def test_it_is_created_without_if_match_and_replaced_with_it(api):
    created = put(api, "life", **PAIRS, description="first")
    assert created.json()["groups"] == ["k", "v"]
    assert api.put("/v1/classifiers/life", json=PAIRS).status_code == 428
    etag = created.headers["etag"]
    replaced = api.put("/v1/classifiers/life", json={**PAIRS, "skip": "^;"}, headers={"If-Match": etag})
    assert (replaced.status_code, replaced.json()["skip"], replaced.json()["description"]) == (200, "^;", "")
    assert api.put("/v1/classifiers/life", json=PAIRS, headers={"If-Match": etag}).status_code == 412
    assert api.put("/v1/classifiers/none-such", json=PAIRS, headers={"If-Match": etag}).status_code == 412
    assert api.get("/v1/classifiers/life").json() == replaced.json()
    assert api.delete("/v1/classifiers/life", headers={"If-Match": etag}).status_code == 412
    drop(api, "life")
    assert api.get("/v1/classifiers/life").status_code == 404


def test_they_are_listed_by_name(api):
    for name in ("list-c", "list-a", "list-b"):
        put(api, name, **PAIRS)
    names, url = [], "/v1/classifiers?limit=1"
    while url:
        page = api.get(url)
        names += [one["name"] for one in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert names == sorted(names)
    assert {"list-a", "list-b", "list-c"} <= set(names)


REFUSED = {
    "open group": ({"pattern": "ab(?P<a>x"}, "/pattern", "missing )"),
    "look-ahead": ({"pattern": "(?P<a>x)(?=y)"}, "/pattern", "At character 9, `(?=`"),
    "look-behind": ({"pattern": "(?P<a>x)(?<!y)"}, "/pattern", "At character 9"),
    "back-reference": ({"pattern": r"(?P<a>x)\1"}, "/pattern", r"At character 9, `\1`"),
    "possessive": ({"pattern": "(?P<a>x++)"}, "/pattern", "At character 8, `++`"),
    "no group": ({"pattern": "abc"}, "/pattern", "no named group"),
    "unnamed group": ({"pattern": r"[(]\((?P<a>x)(y)"}, "/pattern", "At character 14, `(y)`"),
    "only unnamed": ({"pattern": "a(b)"}, "/pattern", "At character 2, `(b)`"),
    "a name twice": ({"pattern": "(?P<a>x)(?P<a>y)"}, "/pattern", "At character 9, `(?P<a>`"),
    "half a character": ({"pattern": r"(?P<a>\C)"}, "/pattern", r"At character 7, `\C`"),
    "too much repetition": ({"pattern": "(?P<a>x{1001})"}, "/pattern", "{1001}"),
    "too large": ({"pattern": "(?P<a>.{1000})"}, "/pattern", "too large"),
    "too many groups": ({"pattern": "".join(f"(?P<g{n}>)" for n in range(201))}, "/pattern", "200 at most"),
    "a skip of its own": ({**PAIRS, "skip": "a|*"}, "/skip", "At character 3"),
    "a column without a group": ({**PAIRS, "columns": [{"name": "x", "type": "int"}]}, "/columns/0/name", "no group"),
    "too long": ({"pattern": "(?P<a>" + "x" * 4096 + ")"}, "/pattern", "4096"),
    "nothing": ({"pattern": ""}, "/pattern", "1 character"),
    "no share": ({**PAIRS, "min_certainty": 0}, "/min_certainty", "greater than 0"),
    "more than all": ({**PAIRS, "min_certainty": 1.1}, "/min_certainty", "less than or equal to 1"),
    "no type": ({**PAIRS, "columns": [{"name": "k", "type": "color"}]}, "/columns/0/type", "Athena type"),
}


@pytest.mark.parametrize(("body", "pointer", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_with_its_place(api, body, pointer, why):
    answer = api.put("/v1/classifiers/refused", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert why in answer.json()["errors"][0]["detail"]
    assert api.get("/v1/classifiers/refused").status_code == 404


def test_quoted_and_escaped_brackets_are_no_groups(api):
    pattern = r"\Q(a)\E\([()\]](?P<x>[]()]+)[[:alpha:](](?:y)"
    assert put(api, "brackets", pattern=pattern).json()["groups"] == ["x"]


def test_a_log_becomes_rows_of_a_typed_table(partner):
    dataset = text(partner)
    file = partner.drop(dataset, LOG.encode(), file_name="access.log")
    assert (file["state"], file["row_count"]) == ("committed", 3), file["report"]
    report = file["report"]
    assert (report["format"], report["classifier"], report["left_out"]) == ("text", "nginx", None)
    assert report["normalised"] == ["classifier"]
    view = partner.view(dataset)
    columns = view["schema"]["columns"]
    assert [(c["name"], c["type"]) for c in columns] == [
        ("ip", "varchar"), ("user_col", "varchar"), ("at", "timestamp"), ("request", "varchar"), ("status", "int"),
        ("bytes", "bigint"), ("agent", "varchar"),
    ]  # fmt: skip
    assert columns[1]["original_name"] == "User"
    assert (columns[4]["certainty"], columns[5]["certainty"]) == (0.6, None)
    assert view["format"] == {"type": "text", "classifier": "nginx"} | dict.fromkeys(
        ("compression", "delimiter", "header", "null_value", "agreed_header", "header_order")
    )
    found = partner.sql(f"SELECT user_col, request, status, bytes, agent FROM {dataset} ORDER BY ip")
    assert found == [
        ("ann", "GET /a HTTP/1.1", 200, 512, "curl, 8"),
        ("-", "GET /ü \\n", 404, None, None),
        ("-", "GET /c", 200, 3000000000, None),
    ]


WRITTEN = {
    "gzip": lambda text: gzip.compress(text.encode()),
    "zstd": lambda text: zstandard.compress(text.encode()),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "BOM": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "latin-1": lambda text: text.encode("latin-1"),
    "no end": lambda text: text.removesuffix("\n").encode(),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_compression_line_ends_and_encoding_make_no_difference(partner, written):
    dataset = text(partner)
    file = partner.drop(dataset, written(LOG))
    assert (file["state"], file["row_count"]) == ("committed", 3), file["report"]
    assert partner.sql(f"SELECT sum(bytes), max(request) FROM {dataset}") == [(3000000512, "GET /ü \\n")]


def test_the_original_is_kept_as_it_came(partner, lake):
    dataset = text(partner)
    file = partner.drop(dataset, LOG.encode())
    stored = lake._ledger.get("main", dataset, file["file_id"])
    kept = lake.objects.stream(lake.settings.pristine_bucket, stored.original_key)
    assert b"".join(kept) == LOG.encode()


def test_files_of_one_dataset_may_have_optional_groups_and_share_a_schema(partner):
    dataset = text(partner)
    for n in range(3):
        line = f'10.0.0.{n} - - [2013-01-31 10:20:30] "GET /{n}" 200 {n}\n'
        assert partner.drop(dataset, line.encode())["state"] == "committed"
    assert partner.sql(f"SELECT count(*), sum(bytes), count(agent) FROM {dataset}") == [(3, 3, 0)]


def lines(good, bad):
    return ("".join(f"a={n}\n" for n in range(good)) + "Smith 31!\n" * bad).encode()


def test_lines_that_do_not_match_beyond_the_tolerance_quarantine_the_file(partner):
    dataset = text(partner, "pairs")
    file = partner.drop(dataset, lines(94, 6))
    assert (file["state"], partner.codes(file)) == ("quarantined", {"unmatched_line"})
    (problem,) = file["report"]["problems"]
    assert (problem["line"], problem["count"], problem["found"]) == (95, 6, "aaaaa 99!")
    assert "pairs" in problem["expected"]
    assert "95 %" in problem["expected"]
    assert "Smith" not in json.dumps(file)
    assert partner.view(dataset)["current_version"] is None


def test_few_lines_that_do_not_match_are_left_out_and_told(partner):
    dataset = text(partner, "pairs")
    file = partner.drop(dataset, lines(95, 5))
    assert (file["state"], file["row_count"], file["report"]["problems"]) == ("committed", 95, [])
    left_out = file["report"]["left_out"]
    assert (left_out["code"], left_out["line"], left_out["count"]) == ("unmatched_line", 96, 5)
    assert left_out["found"] == "aaaaa 99!"
    assert partner.sql(f"SELECT count(*), max(v) FROM {dataset}") == [(95, 94)]


def test_a_declared_type_is_checked_value_by_value(partner, api):
    put(api, "typed", pattern="(?P<k>.*?)=(?P<v>.*)", columns=[{"name": "v", "type": "int"}], min_certainty=0.5)
    file = partner.drop(text(partner, "typed"), b"a=1\nb=Smith\n")
    assert (file["state"], partner.codes(file)) == ("quarantined", {"bad_value"})
    assert (file["report"]["problems"][0]["line"], file["report"]["problems"][0]["column"]) == (2, "v")


def test_the_schema_of_the_dataset_is_the_agreement(partner):
    schema = {"columns": [{"name": "k", "type": "varchar"}, {"name": "v", "type": "smallint"}]}
    dataset = partner.dataset(format={"type": "text", "classifier": "pairs"}, schema=schema)
    assert partner.drop(dataset, b"a=1\n")["state"] == "committed"
    file = partner.drop(dataset, b"a=70000\n")
    assert (file["state"], partner.codes(file)) == ("quarantined", {"bad_value"})
    other = partner.dataset(format={"type": "text", "classifier": "pairs"}, schema={"columns": schema["columns"][:1]})
    assert partner.codes(partner.drop(other, b"a=1\n")) == {"unexpected_column"}


BROKEN = {
    "only comments": (b"# a\n# b\n", {"empty_file"}),
    "blank": (b"\n \n", {"empty_file"}),
    "binary": (bytes(range(32)) * 50, {"not_text"}),
    "a long line": (b'1 - - [2] "' + b"x" * 70_000 + b'" 200 1\n', {"field_too_long"}),
    "truncated": (gzip.compress(LOG.encode() * 2000)[:-20], {"truncated"}),
    "another format": (b"id,v\n1,a\n", {"unmatched_line"}),
}


@pytest.mark.parametrize(("body", "codes"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_quarantined_with_a_report(partner, body, codes):
    file = partner.drop(text(partner), body)
    assert (file["state"], partner.codes(file)) == ("quarantined", codes), file["report"]


def test_a_format_names_a_classifier_that_is_there(partner, api):
    body = {"namespace": "drops", "name": "nobody", "tier": "raw", "format": {"type": "text", "classifier": "nobody"}}
    answer = api.post("/v1/datasets", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/format/classifier")
    for form in ({"type": "text"}, {"type": "csv", "classifier": "nginx"}, {"classifier": "nginx"},
                 {"type": "text", "classifier": "nginx", "delimiter": ";"},
                 {"type": "text", "classifier": "nginx", "header": True}):  # fmt: skip
        answer = api.post("/v1/datasets", json={**body, "format": form})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), form
    dataset = partner.dataset()
    etag = api.get(f"/v1/datasets/{dataset}").headers["etag"]
    patch = {"format": {"type": "text", "classifier": "nobody"}}
    assert api.patch(f"/v1/datasets/{dataset}", json=patch, headers={"If-Match": etag}).status_code == 422


def test_without_its_classifier_a_file_waits_in_quarantine_and_is_replayed(partner, api):
    put(api, "fleeting", **PAIRS)
    dataset = text(partner, "fleeting")
    drop(api, "fleeting")
    file = partner.drop(dataset, b"a=1\n")
    assert (file["state"], partner.codes(file)) == ("quarantined", {"unknown_classifier"})
    put(api, "fleeting", **PAIRS)
    url = f"/v1/datasets/{dataset}/files/{file['file_id']}/replay"
    assert partner.api.post(url).json()["state"] == "committed"
    assert partner.sql(f"SELECT k, v FROM {dataset}") == [("a", 1)]


def test_an_automatic_classifier_is_tried_before_the_built_in_formats(partner, automatic):
    automatic("auto-fields", pattern="(?P<a>[^,]+),(?P<b>[^,]+)", min_certainty=0.8)
    automatic("auto-pairs", **PAIRS)
    dataset = partner.dataset()
    file = partner.drop(dataset, lines(99, 1))
    assert (file["state"], file["report"]["classifier"]) == ("committed", "auto-pairs")
    form = partner.view(dataset)["format"]
    assert (form["type"], form["classifier"]) == ("text", "auto-pairs")
    assert partner.drop(dataset, b"b=200\n")["state"] == "committed"
    assert partner.sql(f"SELECT count(*), max(v) FROM {dataset}") == [(100, 200)]


def test_the_best_certainty_wins_and_below_its_own_minimum_none_does(partner, automatic):
    automatic("rough", pattern="(?P<all>[a-z]=.*)", min_certainty=0.5)
    automatic("sharp", pattern="(?P<k>[a-z])=(?P<v>[0-9]+)", min_certainty=0.5)
    automatic("coarse", pattern="(?P<all>[a-z]=[12])", min_certainty=0.5)
    both = b"a=1\nb=2\nc=x\nd=3\n"  # coarse 2 of 4, rough all, sharp 3
    assert partner.drop(partner.dataset(), both)["report"]["classifier"] == "rough"
    assert partner.drop(partner.dataset(), b"a=1\nb=2\nc3\nd=3\n")["report"]["classifier"] == "rough"  # by name
    file = partner.drop(partner.dataset(), b"id;v\n1;a\n2;b\na=1\n")
    assert file["report"]["format"] == "csv"


def test_a_declared_format_is_not_overruled(partner, automatic):
    automatic("greedy", pattern="(?P<whole>.*)")
    assert partner.drop(partner.dataset(), b"id,v\n1,a\n")["report"]["classifier"] == "greedy"
    for form in ({"type": "csv"}, {"delimiter": ","}, {"header": True}):
        file = partner.drop(partner.dataset(format=form), b"id,v\n1,a\n")
        assert (file["state"], file["report"]["format"]) == ("committed", "csv"), form
    file = partner.drop(partner.dataset(format={"type": "json"}), b'{"id": 1}\n')
    assert (file["state"], file["report"]["format"]) == ("committed", "json")


def test_no_more_than_twenty_are_automatic(api, automatic):
    for n in range(20):
        automatic(f"many-{n}", **PAIRS)
    answer = api.put("/v1/classifiers/many-20", json={**PAIRS, "automatic": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    etag = api.get("/v1/classifiers/many-19").headers["etag"]
    again = api.put("/v1/classifiers/many-19", json={**PAIRS, "automatic": True}, headers={"If-Match": etag})
    assert again.status_code == 200


def test_inference_shows_the_classifier_and_its_certainty(partner, api, automatic):
    automatic("seen", pattern="(?P<k>[a-z])=(?P<v>[0-9]+)", min_certainty=0.7)
    automatic("unseen", pattern="(?P<x>[0-9]+)")
    url = f"/v1/datasets/{partner.dataset()}/schema/infer"
    said = api.post(url, json={"sample": "a=1\nb=2\nc=3\n4\n"}).json()
    assert said["classifiers"] == [
        {"name": "seen", "certainty": 0.75, "min_certainty": 0.7, "is_chosen": True},
        {"name": "unseen", "certainty": 0.25, "min_certainty": 0.95, "is_chosen": False},
    ]
    assert (said["format"]["type"], said["format"]["classifier"], said["row_count"]) == ("text", "seen", 3)
    assert [(c["name"], c["type"]) for c in said["columns"]] == [("k", "varchar"), ("v", "int")]
    said = api.post(url, json={"sample": "id;v\n1;a\n"}).json()
    assert (said["format"]["type"], [one["is_chosen"] for one in said["classifiers"]]) == ("csv", [False, False])
    declared = f"/v1/datasets/{text(partner, 'pairs')}/schema/infer"
    said = api.post(declared, json={"sample": "a=1\nno\n"}).json()
    assert said["classifiers"] == [{"name": "pairs", "certainty": 0.5, "min_certainty": 0.95, "is_chosen": True}]
    assert [problem["code"] for problem in said["problems"]] == ["unmatched_line"]


def test_tenants_do_not_see_each_others(lake, api, partner, automatic):
    stranger = {"x-api-key": lake.identity.ensure_admin_key("strangers")}
    automatic("ours", pattern="(?P<whole>.*)")
    assert api.get("/v1/classifiers", headers=stranger).json()["items"] == []
    assert api.get("/v1/classifiers/ours", headers=stranger).status_code == 404
    body = {"namespace": "drops", "name": "theirs", "tier": "raw"}
    assert api.post("/v1/datasets", json=body, headers=stranger).status_code == 201
    said = api.post("/v1/datasets/drops.theirs/schema/infer", json={"sample": "a\nb\n"}, headers=stranger).json()
    assert said["classifiers"] == []


EVIL = ["(?P<a>(?:x+x+)+y)", "(?P<a>(?:x|x)*)(?P<b>(?:x|xx)*)y", r"(?P<a>(?:\w*\s*)*)!", "(?P<a>(?:(?:x?){20}){20})"]


@pytest.mark.parametrize("pattern", EVIL)
def test_no_pattern_hangs(api, partner, pattern):
    put(api, "evil", pattern=pattern)
    url = f"/v1/datasets/{text(partner, 'evil')}/schema/infer"
    started = time.monotonic()
    said = api.post(url, json={"sample": ("x" * 60_000 + "\n") * 5}).json()
    drop(api, "evil")
    assert time.monotonic() - started < 10
    assert {problem["code"] for problem in said["problems"]} == {"unmatched_line"}


@pytest.fixture(scope="module")
def inferring(api, partner):
    put(api, "fields", pattern=r"(?P<a>[^|]*)\|(?P<b>.*?)(?:\|(?P<c>[^|]+))?", skip="^;", min_certainty=0.01)
    return f"/v1/datasets/{text(partner, 'fields')}/schema/infer"


@settings(max_examples=150, deadline=5_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=60), max_size=30)
)
def test_random_lines_never_break_it_and_each_is_counted_once(api, inferring, found):
    body = "\n".join([*found, "a|b"])
    answer = api.post(inferring, json={"sample": body})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    if said["problems"]:  # control characters are no text
        assert {problem["code"] for problem in said["problems"]} == {"not_text"}
        return
    counted = [line for line in body.split("\n") if line.strip(" \t\x1a") and not line.startswith(";")]
    matching = [line for line in counted if "|" in line]
    assert said["row_count"] == len(matching)
    assert (said["left_out"] or {"count": 0})["count"] == len(counted) - len(matching)
