"""Saved queries through the API: kept, asked with arguments, answered from what is stored while that is good."""

from concurrent.futures import ThreadPoolExecutor

import pytest

SQL = "SELECT carrier, count(*) AS n FROM air.legs WHERE day >= :since GROUP BY 1 ORDER BY 1"
SAVED = {"sql": SQL, "parameters": {"since": {"type": "date", "default": "2013-01-01"}}}
SLOW = (
    "SELECT count(*) AS n FROM UNNEST(sequence(1, 9000)) a (x), UNNEST(sequence(1, 9000)) b (y) WHERE (x * y) % 7 = :k"
)


@pytest.fixture(scope="module", autouse=True)
def legs(drop):
    drop(
        "air.legs", "day,carrier\n2013-01-01,AA\n2013-01-02,AA\n2013-01-02,UA\n", {"day": "date", "carrier": "varchar"}
    )


def save(api, name, **changes):
    answer = api.put(f"/v1/saved-queries/{name}", json={**SAVED, **changes})
    assert answer.status_code == 201, answer.text
    return answer


def results(api, name, **params):
    return api.get(f"/v1/saved-queries/{name}/results", params=params)


def test_it_is_created_without_if_match_and_replaced_with_it(api):
    created = save(api, "life", description="first")
    assert api.put("/v1/saved-queries/life", json=SAVED).status_code == 428
    etag = created.headers["etag"]
    replaced = api.put("/v1/saved-queries/life", json={**SAVED, "max_age": 5}, headers={"If-Match": etag})
    assert (replaced.status_code, replaced.json()["max_age"], replaced.json()["description"]) == (200, 5, "")
    assert api.put("/v1/saved-queries/life", json=SAVED, headers={"If-Match": etag}).status_code == 412
    assert api.put("/v1/saved-queries/none-such", json=SAVED, headers={"If-Match": etag}).status_code == 412
    read = api.get("/v1/saved-queries/life")
    assert (read.json(), read.headers["etag"]) == (replaced.json(), replaced.headers["etag"])
    assert read.json()["datasets"] == ["air.legs"]
    assert api.delete("/v1/saved-queries/life").status_code == 428
    assert api.delete("/v1/saved-queries/life", headers={"If-Match": etag}).status_code == 412
    assert api.delete("/v1/saved-queries/life", headers={"If-Match": read.headers["etag"]}).status_code == 204
    assert api.get("/v1/saved-queries/life").status_code == 404


def test_they_are_listed_by_name(api):
    for name in ("list-c", "list-a", "list-b"):
        save(api, name)
    names, url = [], "/v1/saved-queries?limit=1"
    while url:
        page = api.get(url)
        names += [one["name"] for one in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert names == sorted(names)
    assert {"list-a", "list-b", "list-c"} <= set(names)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sql": "DELETE FROM air.legs"}, "bad_sql"),
        ({"sql": "SELECT * FROM air.nothing", "parameters": {}}, "bad_sql"),
        ({"sql": "SELECT :other", "parameters": {}}, "bad_sql"),
        ({"parameters": {"since": {"type": "date"}, "spare": {"type": "int"}}}, "bad_sql"),
        ({"parameters": {"since": {"type": "no type"}}}, "invalid_input"),
        ({"parameters": {"since": {"type": "array<int>"}}}, "invalid_input"),
        ({"parameters": {"since": {"type": "date", "default": "yesterday"}}}, "invalid_input"),
        ({"parameters": {"since": {"type": "date", "default": "2013-01-01", "min": "2014-01-01"}}}, "invalid_input"),
        ({"parameters": {"since": {"type": "varchar", "min": "a"}}}, "invalid_input"),
        ({"parameters": {"limit": {"type": "int"}}}, "invalid_input"),
        ({"row_limit": 10**9}, "invalid_input"),
        ({"max_age": -1}, "invalid_input"),
        ({"chart": {"kind": "pie"}}, "invalid_input"),
    ],
)
def test_what_could_never_be_answered_is_refused_at_once(api, change, code):
    answer = api.put("/v1/saved-queries/refused", json={**SAVED, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert api.get("/v1/saved-queries/refused").status_code == 404


@pytest.mark.parametrize("name", ["A", "-a", "a.b", "a b", "a" * 129, "ä"])
def test_names_are_plain(api, name):
    assert api.put(f"/v1/saved-queries/{name}", json=SAVED).status_code == 422


def test_results_are_those_of_the_arguments(api):
    save(api, "legs")
    assert results(api, "legs").json()["rows"] == [["AA", 2], ["UA", 1]]
    assert results(api, "legs", since="2013-01-02").json()["rows"] == [["AA", 1], ["UA", 1]]
    assert results(api, "legs", format="csv", since="2014-01-01").text == '"carrier","n"\n'


def test_a_question_that_was_answered_is_answered_from_what_is_stored(api, lake, drop):
    drop("air.changing", "n\n1\n", {"n": "int"})
    save(api, "stored", sql="SELECT sum(n) AS s FROM air.changing", parameters={})
    first = results(api, "stored")
    again = results(api, "stored")
    assert again.json() == first.json()
    known = {"If-None-Match": first.headers["etag"]}
    assert api.get("/v1/saved-queries/stored/results", headers=known).status_code == 304
    drop("air.changing", "n\n5\n")
    later = api.get("/v1/saved-queries/stored/results", headers=known)
    assert (later.status_code, later.json()["rows"]) == (200, [[6]])


def test_a_young_answer_is_good_although_the_data_changed(api, drop):
    drop("air.slowly", "n\n1\n", {"n": "int"})
    save(api, "young", sql="SELECT sum(n) AS s FROM air.slowly", parameters={}, max_age=3600)
    assert results(api, "young").json()["rows"] == [[1]]
    drop("air.slowly", "n\n5\n")
    assert results(api, "young").json()["rows"] == [[1]]


def test_what_changes_by_itself_is_asked_each_time_or_kept_for_its_max_age(api):
    save(api, "clock", sql="SELECT random() AS r", parameters={})
    assert results(api, "clock").json()["rows"] != results(api, "clock").json()["rows"]
    save(api, "slow-clock", sql="SELECT random() AS r", parameters={}, max_age=60)
    assert results(api, "slow-clock").json()["rows"] == results(api, "slow-clock").json()["rows"]


TYPED = {
    "flag": {"type": "boolean", "default": True},
    "count": {"type": "int", "min": 1, "max": 10, "default": 3},
    "big": {"type": "bigint", "default": 0},
    "ratio": {"type": "double", "default": 0.5},
    "price": {"type": "decimal(10,2)", "default": "1.50", "max": "99.99"},
    "word": {"type": "varchar", "enum": ["a", "b"], "default": "a"},
    "at": {"type": "timestamp", "default": "2013-01-01 05:00:00"},
    "must": {"type": "date"},
}


@pytest.fixture(scope="module")
def typed(api):
    save(api, "typed", sql="SELECT :flag, :count, :big, :ratio, :price, :word, :at, :must", parameters=TYPED)


def test_arguments_are_typed(api, typed):
    said = results(
        api,
        "typed",
        must="2013-05-06",
        flag="false",
        count="7",
        big="-9007199254740993",
        ratio="1e3",
        price="2.5",
        word="b",
    )
    assert said.status_code == 200, said.text
    expected = [False, 7, -9007199254740993, 1000.0, "2.50", "b", "2013-01-01T05:00:00", "2013-05-06"]
    assert said.json()["rows"] == [expected]


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({}, "/query/must"),
        ({"must": "2013-13-01"}, "/query/must"),
        ({"must": "2013-01-01", "count": "11"}, "/query/count"),
        ({"must": "2013-01-01", "count": "0"}, "/query/count"),
        ({"must": "2013-01-01", "count": "1.5"}, "/query/count"),
        ({"must": "2013-01-01", "big": "9" * 30}, "/query/big"),
        ({"must": "2013-01-01", "ratio": "nan"}, "/query/ratio"),
        ({"must": "2013-01-01", "price": "100"}, "/query/price"),
        ({"must": "2013-01-01", "word": "secret"}, "/query/word"),
        ({"must": "2013-01-01", "flag": "maybe"}, "/query/flag"),
        ({"must": "2013-01-01", "at": "noon"}, "/query/at"),
        ({"must": "2013-01-01", "nonesuch": "1"}, "/query/nonesuch"),
    ],
)
def test_wrong_arguments_are_named_and_not_repeated(api, typed, arguments, pointer):
    answer = results(api, "typed", **arguments)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "secret" not in answer.text


def test_pages_stay_with_the_answer_they_began_with(api, drop):
    drop("air.paged", "n\n1\n2\n3\n", {"n": "int"})
    save(api, "paged", sql="SELECT n FROM air.paged ORDER BY n", parameters={})
    first = results(api, "paged", limit=2)
    drop("air.paged", "n\n0\n")
    assert api.get(first.links["next"]["url"]).json()["rows"] == [[3]]
    assert results(api, "paged").json()["rows"] == [[0], [1], [2], [3]]


def test_one_query_answers_all_who_ask_at_the_same_time(api, lake):
    parameters = {"k": {"type": "int", "default": 4}}
    save(api, "crowd", sql=SLOW, parameters=parameters)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: results(api, "crowd"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    started = [one for one in _executions(lake) if "9000" in one]
    assert len(started) == 1


def _executions(lake):
    athena = lake.aws.athena
    ids = athena.list_query_executions(WorkGroup=lake.settings.workgroup_large)["QueryExecutionIds"]
    small = athena.list_query_executions(WorkGroup=lake.settings.workgroup_medium)["QueryExecutionIds"]
    found = athena.batch_get_query_execution(QueryExecutionIds=[*ids, *small][:50])["QueryExecutions"]
    return [one["Query"] for one in found if "% 7 = 4" in one["Query"] or "%7" in one["Query"]]


def test_without_waiting_it_is_202_with_the_query_that_answers(api):
    save(api, "patient", sql=SLOW, parameters={"k": {"type": "int", "default": 5}})
    answer = api.get("/v1/saved-queries/patient/results", headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    assert answer.headers["location"] == f"/v1/queries/{answer.json()['id']}"
    assert results(api, "patient").status_code == 200


def test_a_failure_is_told_and_not_repeated_at_every_look(api, lake):
    save(api, "failing", sql="SELECT CAST(carrier AS int) AS n FROM air.legs", parameters={})
    first = results(api, "failing")
    assert (first.status_code, first.json()["code"]) == (422, "query_failed")
    assert results(api, "failing").json()["detail"] == first.json()["detail"], "the same query's failure"


def test_a_query_over_a_deleted_dataset_says_so(api, drop):
    drop("air.doomed", "n\n1\n", {"n": "int"})
    save(api, "doomed", sql="SELECT n FROM air.doomed", parameters={})
    etag = api.get("/v1/datasets/air.doomed").headers["etag"]
    assert api.delete("/v1/datasets/air.doomed", headers={"If-Match": etag}).status_code == 204
    answer = results(api, "doomed")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_sql")
    assert "air.doomed" in answer.json()["detail"]


@pytest.mark.parametrize("bound", ["default", "min", "max"])
def test_a_bound_that_is_no_double_is_refused(api, bound):
    parameters = {"p": {"type": "double", bound: int("9" * 400)}}
    answer = api.put("/v1/saved-queries/huge", json={"sql": "SELECT :p AS p", "parameters": parameters})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("parameter", [{}, {"min": 0}, {"min": "2"}, {"enum": [1, 3]}, {"max": 9}, {"default": "3"}])
@pytest.mark.parametrize("kind", ["int", "bigint"])
def test_a_limit_may_be_a_parameter_without_a_default(api, kind, parameter):
    name = f"top-{kind}-{abs(hash(str(parameter))) % 10**6}"
    sql = "SELECT x FROM UNNEST(sequence(1, 9)) t (x) ORDER BY x LIMIT :n"
    body = {"sql": sql, "parameters": {"n": {"type": kind, **parameter}}}
    answer = api.put(f"/v1/saved-queries/{name}", json=body)
    assert answer.status_code == 201, answer.text
    if parameter == {"min": 0}:
        answer = api.get(f"/v1/saved-queries/{name}/results", params={"n": 3})
        assert answer.json()["rows"] == [[1], [2], [3]]


def test_who_has_the_answer_is_told_so_although_it_has_expired(api, lake, drop):
    drop("held.days", "n\n1\n", {"n": "int"})
    assert api.put("/v1/saved-queries/held", json={"sql": "SELECT sum(n) AS n FROM held.days"}).status_code == 201
    url = "/v1/saved-queries/held/results"
    first = api.get(url)
    assert first.json()["rows"] == [[1]]
    known = {"If-None-Match": first.headers["etag"]}
    for page in lake.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=lake.settings.results_bucket):
        for one in page.get("Contents", []):
            lake.aws.s3.delete_object(Bucket=lake.settings.results_bucket, Key=one["Key"])
    started: list[str] = []
    events = lake.aws.athena.meta.events
    name = "before-send.athena.StartQueryExecution"
    events.register(name, lambda request, **_: started.append(request.url), unique_id="started")
    again = api.get(url, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert started == []
    assert api.get(url, params={"format": "csv"}, headers=known).status_code == 200
    assert len(started) == 1
    events.unregister(name, unique_id="started")
    drop("held.days", "n\n2\n")
    assert api.get(url, headers=known).json()["rows"] == [[3]]
