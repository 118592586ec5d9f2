"""What a cold start may load, and that a Lambda's part of the app is the app."""

import pytest

from app.main import EVERYTHING, ROOT, ROUTERS, create_app, noun_of, routers
from bench.cold_start import HEAVY, first_answer
from local.provision import local_environment, named_environment

METADATA = ("/health", "/v1/me", "/v1/api-keys", "/v1/datasets", "/v1/jobs", "/v1/saved-queries")


@pytest.fixture(scope="module")
def environment(stack, settings):
    return local_environment(stack.endpoint_url) | named_environment(settings)


def test_the_openapi_document_is_read_and_not_worked_out(environment, admin_key):
    plain, document = (first_answer(path, admin_key, environment) for path in ("/health", "/openapi.json"))
    assert (plain["status"], document["status"]) == (200, 200)
    assert document["modules"] == plain["modules"], "no router, and nothing that makes documents of routes"


@pytest.mark.parametrize("path", METADATA)
def test_metadata_routes_load_no_heavy_library(path, environment, admin_key):
    answer = first_answer(path, admin_key, environment)
    assert answer["status"] == 200
    assert answer["heavy"] == [], f"{path} loads what only jobs and queries need; of {HEAVY}"


def described(noun):
    return {
        (route.path, method, route.operation_id)
        for router in routers(noun)
        for route in router.routes
        for method in route.methods
    }


def test_the_routes_of_a_noun_are_all_the_routes_below_its_path():
    everything = described(EVERYTHING)
    assert everything
    for path, method, operation in everything:
        noun = noun_of(path)
        assert noun in ROUTERS, f"{path} is no path of app.main.ROUTERS"
        assert (path, method, operation) in described(noun)
    assert described(ROOT) == set()


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/v1/datasets", "datasets"),
        ("/v1/openapi.json", "openapi.json"),
        ("/v1/saved-queries/a/chart", "saved-queries/chart"),
        ("/v1/datasets/a.b", "datasets"),
        ("/v1/datasets/a.b/schema-versions", "datasets"),
        ("/v1/datasets/a.b/files", "datasets/files"),
        ("/v1/datasets/a.b/files/1/replay", "datasets/files"),
        ("/v1/me", "me"),
        ("/v1/nothing", ROOT),
        ("/v1/", ROOT),
        ("/", ROOT),
        ("/health", ROOT),
        ("/docs", ROOT),
        ("/openapi.json", ROOT),
    ],
)
def test_a_path_is_about_its_noun(path, noun):
    assert noun_of(path) == noun


def test_a_part_of_the_app_answers_as_the_whole_does(lake, admin_key):
    from fastapi.testclient import TestClient

    for noun, path in (("datasets", "/v1/datasets"), ("me", "/v1/me"), (ROOT, "/health")):
        with TestClient(create_app(lake, noun=noun)) as part, TestClient(create_app(lake)) as whole:
            headers = {"x-api-key": admin_key, "x-request-id": "the-same-request"}
            assert part.get(path, headers=headers).content == whole.get(path, headers=headers).content
            unknown = part.get("/v1/nothing", headers=headers), whole.get("/v1/nothing", headers=headers)
            assert unknown[0].content == unknown[1].content
