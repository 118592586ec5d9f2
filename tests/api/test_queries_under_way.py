"""Queries that are not over: where to look, waiting, cancelling, and how their end is heard of."""

SLOW = (
    "SELECT count(*) AS n FROM UNNEST(sequence(1, 9000)) a (x), UNNEST(sequence(1, 9000)) b (y) WHERE (x * y) % 7 = :k"
)


def slow(api, k):
    """Asked and still running: about a second of DuckDB's work."""
    answer = api.post("/v1/queries", json={"sql": SLOW, "parameters": {"k": {"type": "int", "value": k}}})
    assert answer.status_code == 202
    return answer


def test_without_waiting_it_is_202_with_where_to_look(api):
    answer = slow(api, 1)
    assert answer.headers["retry-after"] == "1"
    location = answer.headers["location"]
    assert location == f"/v1/queries/{answer.json()['id']}"
    running = api.get(f"{location}/results")
    assert (running.status_code, running.headers["location"]) == (202, location)
    assert running.json()["state"] in {"queued", "running"}
    assert "etag" not in running.headers
    over = api.get(location, headers={"Prefer": "wait=25"})
    assert (over.status_code, over.json()["state"]) == (200, "succeeded")
    assert over.headers["preference-applied"] == "wait=25"
    assert api.get(f"{location}/results").json()["rows"] == [[5 * 1286**2 + 1285**2]], "residues of 1 to 9000 by 7"


def test_results_wait_when_asked_to(api):
    location = slow(api, 2).headers["location"]
    answer = api.get(f"{location}/results", headers={"Prefer": "wait=25"})
    assert (answer.status_code, answer.json()["row_count"]) == (200, 1)
    assert answer.headers["preference-applied"] == "wait=25"


def test_a_cancelled_query_stays_cancelled(api):
    location = slow(api, 3).headers["location"]
    cancelled = api.post(f"{location}/cancel")
    assert cancelled.status_code == 200
    over = api.get(location, headers={"Prefer": "wait=20"}).json()
    assert over["state"] == "cancelled"
    assert api.post(f"{location}/cancel").json()["state"] == "cancelled"
    answer = api.get(f"{location}/results")
    assert (answer.status_code, answer.json()["code"]) == (409, "query_cancelled")


def test_cancelling_what_is_over_changes_nothing(api, ask):
    query = ask("SELECT 14 AS n")
    assert api.post(f"/v1/queries/{query['id']}/cancel").json()["state"] == "succeeded"


def test_an_event_of_athena_ends_a_query_without_anyone_looking(api, lake, deliver):
    query_id = api.post("/v1/queries", json={"sql": "SELECT 15 AS n"}).json()["id"]
    deliver()
    assert lake.queries.find("main", query_id).state == "succeeded"
