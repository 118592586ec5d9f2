"""`make package`: the zip that all functions run, made from the lock alone, the same byte for byte each time.

    python infra/package.py [--out infra/build/headgate.zip] [--here]

Wheels are those of Lambda's arm64 python3.12 (manylinux_2_28), checked against requirements.lock's hashes; with --here,
those of this machine, for a deployment to the embedded stack: nothing else differs. boto3 and
botocore are in it: Lambda's own change under one's feet, and what is tested is what is deployed. Of botocore's
descriptions of 400 services those stay that the application can make clients of.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.adapters.sessions import SERVICES  # noqa: E402 - the list is the application's own

BUDGET_MB = 135
"""Unzipped. Lambda takes 250; what is imported at a cold start is what costs, and most of this is not."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell
_ELF_MACHINES = {"aarch64": 183, "x86_64": 62}  # e_machine in the ELF header
_USELESS = (
    *("bin", "__pycache__", "tests", "*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "RECORD", "INSTALLER", "REQUESTED"),
    "zstandard/_cffi*",  # for PyPy; CPython's is backend_c
    "sqlalchemy/testing",
)


class PackageError(RuntimeError):
    """The package is not what it must be."""


@dataclass(frozen=True)
class Target:
    """What runs the package: a `machine` as `uname -m` says, and a version of CPython."""

    machine: str
    python: str

    def platforms(self) -> list[str]:
        """What glibc 2.28 can load: a wheel names the oldest that it can live with."""
        oldest = 16 if self.machine == "aarch64" else 4
        return [f"manylinux_2_{minor}_{self.machine}" for minor in range(28, oldest, -1)]

    def interpreter(self) -> str | None:
        """A Python of that version, whose bytecode the target's can read; None when there is none here."""
        home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        pyenv = sorted(map(str, home.glob(f"versions/{self.python}.*/bin/python3")))
        named = shutil.which(f"python{self.python}")
        for one in (named, *pyenv, getattr(sys, "_base_executable", sys.executable), shutil.which("python3")):
            if one is not None and _version(one) == self.python:
                return one
        return None


LAMBDA = Target("aarch64", "3.12")


def here() -> Target:
    """What this machine is: with Lambda's Python where it has one, with the one that runs this elsewhere."""
    same = Target(platform.machine(), LAMBDA.python)
    return same if same.interpreter() else Target(platform.machine(), ".".join(platform.python_version_tuple()[:2]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra/package.py", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "infra/build/headgate.zip")
    parser.add_argument("--here", action="store_true", help="for this machine")
    arguments = parser.parse_args()
    out: Path = arguments.out
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        report = fill(tree, here() if arguments.here else LAMBDA)
        out.parent.mkdir(parents=True, exist_ok=True)
        pack(tree, out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {report}\nsha256 {digest}")
    return 0


def fill(tree: Path, target: Target = LAMBDA) -> str:
    """The package's files in a new directory; what there is to say about them."""
    install(tree, target)
    shutil.copytree(ROOT / "app", tree / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "openapi.json", tree)  # the application serves it
    prune(tree)
    objects = checked_objects(tree, target.machine)
    compiled = precompile(tree, target.interpreter())
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) / 1e6
    if target == LAMBDA and size > BUDGET_MB:
        raise PackageError(f"{size:.1f} MB unzipped; the budget is {BUDGET_MB} MB")
    said = f"{compiled} modules compiled" if compiled else f"no bytecode, since there is no python{target.python} here"
    of = f"{objects} shared objects, all {target.machine}"
    return f"{size:.1f} MB unzipped (Lambda's budget {BUDGET_MB}), {of}, {said}"


def install(tree: Path, target: Target) -> None:
    """The locked wheels. pip checks each against its hash; nothing is built, so nothing depends on this machine."""
    platforms = [word for name in target.platforms() for word in ("--platform", name)]
    abis = [word for abi in (f"cp{target.python.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)]
    tags = ["--implementation", "cp", "--python-version", target.python, *abis]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
            *("--target", str(tree), *platforms, *tags, "--only-binary=:all:", "--no-deps", "--require-hashes"),
            *("-r", str(ROOT / "requirements.lock")),
        ],
        check=True,
    )


def prune(tree: Path) -> None:
    """What no function reads."""
    for pattern in _USELESS:
        for path in list(tree.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for description in (tree / "botocore/data").iterdir():
        if description.is_dir() and description.name not in SERVICES:
            shutil.rmtree(description)


def checked_objects(tree: Path, machine: str) -> int:
    """How many shared objects there are; PackageError when one is for another processor."""
    objects = [path for path in sorted(tree.rglob("*.so*")) if path.is_file()]
    for path in objects:
        head = path.read_bytes()[:20]
        if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != _ELF_MACHINES[machine]:
            raise PackageError(f"{path.relative_to(tree)} is not for {machine}")
    return len(objects)


def _version(python: str) -> str:
    told = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def precompile(tree: Path, python: str | None) -> int:
    """How many modules got bytecode."""
    precompile_below(tree, tree, python)
    return len(list(tree.rglob("*.pyc")))


def precompile_below(part: Path, tree: Path, python: str | None) -> None:
    """Unchecked: Lambda never looks at the source, so no time stamp of the zip's matters."""
    if python is None:
        return
    mode = ("--invalidation-mode", "unchecked-hash")
    command = [python, "-m", "compileall", "-q", "-j", "1", *mode, "-s", str(tree), "-p", "/var/task", str(part)]
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}
    subprocess.run(command, check=True, env=environment)


def pack(tree: Path, out: Path) -> None:
    """A zip that depends on names and contents only."""
    # Whoever looks meanwhile sees a whole zip or none, and two who make it are not in each other's way.
    part = out.with_suffix(f".{os.getpid()}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(tree):
            info = zipfile.ZipInfo(path.relative_to(tree).as_posix(), _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix: the modes count
            info.external_attr = (0o100755 if path.suffix == ".so" else 0o100644) << 16
            archive.writestr(info, path.read_bytes())
    part.replace(out)


def _files(tree: Path) -> Iterable[Path]:
    return sorted(
        (path for path in tree.rglob("*") if path.is_file()), key=lambda path: path.relative_to(tree).as_posix()
    )


if __name__ == "__main__":
    sys.exit(main())
