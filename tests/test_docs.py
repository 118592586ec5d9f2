"""The documents are true: every setting, error code, endpoint and Make target is in them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import HeadgateError
from app.settings import Settings

ROOT = Path(__file__).parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text()


def subclasses(cls: type[HeadgateError]) -> Iterator[type[HeadgateError]]:
    for child in cls.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_setting_is_documented_with_its_default() -> None:
    text = read("docs/settings.md")
    documented = set(re.findall(r"^\| `HEADGATE_(\w+)` \|", text, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_every_error_code_is_documented_once_and_no_other() -> None:
    import app.routers.errors  # noqa: F401 - defines two of its own

    codes = [cls.code for cls in set(subclasses(HeadgateError))]
    documented = re.findall(r"^\| `(\w+)` \|", read("docs/errors.md"), re.MULTILINE)
    assert sorted(documented) == sorted(set(codes))


def test_every_problem_of_a_file_and_every_failure_of_a_run_is_documented() -> None:
    from typing import get_args

    from app.domain.run_problems import KINDS
    from app.intake.models import Code

    def rows(text: str) -> set[str]:
        return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))

    assert rows(read("docs/files.md").partition("## The report")[2]) == set(get_args(Code))
    assert rows(read("docs/runs.md").partition("## Why a run failed")[2]) == set(KINDS)


def test_every_error_has_a_status() -> None:
    from app.routers.errors import status_of

    for cls in subclasses(HeadgateError):
        assert 400 <= status_of(cls("x")) < 600, cls


def test_the_committed_openapi_is_what_the_code_says_and_what_is_served(api: Any, lake: Any) -> None:
    from app.main import create_app
    from app.routers.docs import describe

    committed = json.loads(read("openapi.json"))
    assert committed == describe(create_app(lake)), "run `make openapi` and commit openapi.json"
    assert committed == api.get("/openapi.json").json()


def test_every_answer_has_an_example_with_the_fields_that_it_has(api: Any) -> None:
    document = api.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                if status.startswith("2") and "$ref" in schema:
                    shape = schemas[schema["$ref"].rpartition("/")[2]]
                    assert shape.get("examples"), (method, path, status)
                    for example in shape["examples"]:
                        assert set(shape.get("required", [])) <= set(example) <= set(shape["properties"]), (
                            method,
                            path,
                        )


def test_every_operation_has_an_id_a_summary_and_a_tag(api: Any) -> None:
    ids = []
    for path, operations in api.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            ids.append(operation["operationId"])
            assert operation.get("description") or operation.get("summary"), (method, path)
            assert operation["tags"], (method, path)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "document", [*sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md")), "README.md"]
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    base = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", read(document)):
        assert (base / target).exists(), f"{document} links to {target}"


def test_every_make_target_named_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for document in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"`make ([a-z-]+)", document.read_text()):
            assert target in targets, f"{document.name} names make {target}"
