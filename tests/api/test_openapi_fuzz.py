"""schemathesis over the whole OpenAPI: no 5xx, no answer that is not documented, whatever is sent.

HEADGATE_FUZZ_EXAMPLES (default 12) is how many requests each operation gets; a long run by hand takes a few hundred.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.bootstrap import build_lake
from app.main import create_app
from app.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def operations() -> list[tuple[str, str]]:
    """(method, path) of every operation; listing them needs no stack."""
    paths = create_app(build_lake(Settings())).openapi()["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in item]


@pytest.fixture(scope="module")
def document(lake: Any) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(lake))


@pytest.mark.parametrize(("method", "path"), operations())
def test_every_operation_answers_as_documented(document: Any, admin_key: str, method: str, path: str) -> None:
    @given(case=document[path][method].as_strategy())
    @settings(
        max_examples=int(os.environ.get("HEADGATE_FUZZ_EXAMPLES", "12")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,  # the same requests in every run: a red run can be looked at
        database=None,
    )
    def check(case: Any) -> None:
        headers = {**(case.headers or {}), "X-Api-Key": admin_key}
        headers.pop("Prefer", None)  # waiting proves nothing here
        case.headers = headers
        case.call_and_validate(checks=CHECKS)

    check()
