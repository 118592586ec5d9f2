"""The zip that the functions run. It is made once for all tests; pip and the compiler take most of a minute."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from app.adapters.sessions import SERVICES
from infra import package
from tests.infra.conftest import ROOT

PYTHON_3_12 = 3531  # the magic number of its bytecode (importlib.util.MAGIC_NUMBER)
X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("package") / "tree"
    assert "all aarch64" in package.fill(made), "size and processor are checked while it is made"
    return made


@pytest.fixture(scope="module")
def archive(tree: Path) -> Path:
    out = tree.parent / "headgate.zip"
    package.pack(tree, out)
    return out


def test_two_builds_are_the_same_to_the_byte(tree: Path, archive: Path, tmp_path: Path) -> None:
    """Elsewhere, later, copied in another order, with other modes, and compiled anew."""
    other = tmp_path / "somewhere/else"
    for path in sorted((one for one in tree.rglob("*") if one.is_file()), reverse=True):
        if "app/__pycache__" in path.as_posix() or ("/app/" in path.as_posix() and path.suffix == ".pyc"):
            continue
        copied = other / path.relative_to(tree)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        copied.chmod(0o600)
        os.utime(copied, (1, 1))
    package.precompile_below(other / "app", other, package.LAMBDA.interpreter())
    package.pack(other, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_it_holds_the_application_and_none_of_the_laptop(archive: Path) -> None:
    names = zipfile.ZipFile(archive).namelist()
    assert {"app/lambdas.py", "app/claims.py", "openapi.json"} <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"local", "tests", "bench", "duckdb", "ministack", "pytest", "pandas"}
    assert names == sorted(names)
    modes = {info.external_attr >> 16 for info in zipfile.ZipFile(archive).infolist()}
    assert modes == {0o100644, 0o100755}, "Lambda's user must be able to read them"


def test_boto3_is_pinned_and_describes_the_services_that_are_used(archive: Path) -> None:
    names = zipfile.ZipFile(archive).namelist()
    described = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}
    assert described == set(SERVICES)
    assert [name for name in names if name.startswith("boto3-1.")]


def test_a_shared_object_of_another_processor_is_refused(tmp_path: Path) -> None:
    (tmp_path / "good.so").write_bytes(b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little"))
    assert package.checked_objects(tmp_path, "aarch64") == 1
    (tmp_path / "lib.cpython-312-x86_64-linux-gnu.so").write_bytes(X86_64)
    with pytest.raises(package.PackageError, match="not for aarch64"):
        package.checked_objects(tmp_path, "aarch64")


def test_every_module_has_bytecode_that_lambda_reads_without_a_look_at_the_source(archive: Path) -> None:
    if package.LAMBDA.interpreter() is None:
        pytest.skip("no Python 3.12 here: `make package` says so, and a cold start takes twice as long")
    opened = zipfile.ZipFile(archive)
    compiled = [name for name in opened.namelist() if name.endswith(".pyc")]
    ours = {name for name in opened.namelist() if name.startswith("app/") and name.endswith(".py")}
    assert len([name for name in compiled if name.startswith("app/")]) == len(ours)
    for name in compiled:
        head = opened.open(name).read(8)
        assert int.from_bytes(head[:2], "little") == PYTHON_3_12, name
        assert int.from_bytes(head[4:8], "little") == 0b01, f"{name} is bound to a time stamp or checks its source"


def test_locks_name_hashes_and_no_addresses() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
    assert "://" not in (ROOT / "infra/checkov/requirements.lock").read_text()
    for name, one in json.loads((ROOT / "infra/package-lock.json").read_text())["packages"].items():
        assert "resolved" not in one, name
        assert "integrity" in one or not name, name
