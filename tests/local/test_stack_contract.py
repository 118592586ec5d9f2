"""What we use of MiniStack that it does not promise. Red after an upgrade: read the message, then the module named."""

import inspect
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

TESTED = "1.5.33"
MOVED = "MiniStack {version} moved {what}, on which {user} relies (written for " + TESTED + ")"


@pytest.fixture(scope="module")
def ministack():
    """Imported as the server imports it; in this process only its shape is looked at."""
    if version("ministack") != TESTED:
        pytest.fail(f"ministack is {version('ministack')}, tested is {TESTED}: run this module, then move the pin")
    from ministack import app

    return app


@pytest.mark.parametrize(
    ("name", "kind", "user"),
    [
        ("_loaded_modules", dict, "local.glue.install and local.athena.install"),
        ("SERVICE_HANDLERS", dict, "local.athena.install"),
        ("_build_persistence_save_dict", object, "local.server's snapshots"),
        ("save_all", object, "local.server's last snapshot"),
        ("app", object, "local.server"),
    ],
)
def test_the_handler_table_is_where_we_plug_in(ministack, name, kind, user):
    message = MOVED.format(version=TESTED, what=f"app.{name}", user=user)
    assert isinstance(getattr(ministack, name, None), kind), message
    assert getattr(ministack, name) is not None, message


def test_a_module_in_the_table_gets_the_requests(ministack):
    source = inspect.getsource(ministack._lazy_handler) + inspect.getsource(ministack._get_module)
    message = MOVED.format(version=TESTED, what="how handlers are looked up", user="local.glue and local.athena")
    assert "_loaded_modules.get(name)" in source, message
    assert "handle_request(method, path, headers, body, query_params)" in source, message
    saving = inspect.getsource(ministack._build_persistence_save_dict)
    assert "_loaded_modules.get(mod_name)" in saving, message


def test_deliveries_to_queues_are_where_we_move_them_from():
    from ministack.services import eventbridge, s3

    message = MOVED.format(version=TESTED, what="how events reach queues", user="local.delivery")
    assert "target=ctx.run" in inspect.getsource(s3._fire_s3_event_async), message
    theirs = inspect.signature(s3._fire_s3_event_async).parameters.keys()
    assert inspect.signature(s3._fire_s3_event).parameters.keys() >= theirs | {"sequencer"}, message
    assert callable(s3._next_event_sequencer), message
    assert "_dispatch_to_sqs(" in inspect.getsource(eventbridge), message


def test_the_last_save_goes_through_the_name_we_replace(ministack):
    source = inspect.getsource(ministack._handle_lifespan)
    message = MOVED.format(version=TESTED, what="its save at shutdown", user="local.server")
    assert "save_all(_build_persistence_save_dict())" in source, message


@pytest.mark.parametrize(
    "store",
    [
        "_databases",
        "_tables",
        "_partitions",
        "_partition_indexes",
        "_table_column_statistics",
        "_partition_column_statistics",
        "_crawlers",
        "_classifiers",
        "_tags",
        "_ALL_STATE",
    ],
)
def test_glue_keeps_its_catalog_where_ours_looks(store):
    from ministack.services import glue

    assert hasattr(glue, store), MOVED.format(version=TESTED, what=f"services.glue.{store}", user="local.glue")


def test_snapshots_write_where_they_are_told(tmp_path):
    """In a process of its own: MiniStack reads its settings when imported."""
    program = (
        "from ministack.core import persistence\n"
        f"persistence.STATE_DIR = {str(tmp_path)!r}\n"
        "persistence.save_state('probe', {'a': 1})\n"
    )
    environment = {**os.environ, "PERSIST_STATE": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    message = MOVED.format(version=TESTED, what="core.persistence.save_state", user="local.snapshots")
    assert (tmp_path / "probe.json").exists(), message


def test_an_account_takes_the_place_of_what_decides(ministack):
    from ministack.core import iam_actions, lambda_runtime

    message = MOVED.format(version=TESTED, what="how functions are run, calls are judged", user="local.account")
    assert lambda_runtime._detect_runtime_binary("python3.12")[0] == sys.executable, message
    assert "_detect_runtime_binary(runtime)" in inspect.getsource(lambda_runtime.Worker._spawn), message
    names = list(inspect.signature(iam_actions.extract_resource_arn).parameters)
    assert names == ["service", "method", "path", "headers", "body", "query_params", "region", "account_id"], message
    assert "extract_resource_arn," in inspect.getsource(ministack), message
    assert isinstance(ministack.AUTH, bool), message


def test_an_expression_is_read_and_checked_once(monkeypatch):
    from ministack.services import dynamodb

    from local import expressions

    for name in ("_tokenize", "_condition_syntax_error"):
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    expressions.install(dynamodb)

    def holds(item, expression="#n = :v AND begins_with(t, :t)"):
        return dynamodb._evaluate_condition(expression, item, {":v": {"N": "7"}, ":t": {"S": "a"}}, {"#n": "n"})

    assert [n for n in range(100) if holds({"n": {"N": str(n)}, "t": {"S": "ab"}})] == [7]
    assert dynamodb._condition_syntax_error.cache_info().misses == 1
    for _ in range(2):
        with pytest.raises(ValueError, match="Syntax error"):
            holds({}, "#n = = :v")
    dynamodb._tokenize("a = :v").clear()
    assert dynamodb._tokenize("a = :v") == [("IDENT", "a"), ("EQ", "="), ("VALUE_REF", ":v"), ("EOF", "")]
