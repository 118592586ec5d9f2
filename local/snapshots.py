"""Crash-consistent snapshots of MiniStack's in-memory services.

Object bytes are on disk as soon as S3 answers; everything else (tables, queues, catalog, query
history) lives in memory. A snapshot is a whole directory of `<service>.json` files that becomes
current by one rename of the file `CURRENT`, so a kill -9 leaves the previous or the next snapshot,
never a mixture.
"""

import contextlib
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

States = Mapping[str, Callable[[], Any]]
"""Service name -> function that returns its state (None: nothing to save), as MiniStack's save_all takes it."""


class SnapshotError(RuntimeError):
    """A snapshot could not be written; the previous one stays current."""


class Snapshots:
    """The snapshots below one directory. Single writer: the caller holds the data directory's lock."""

    def __init__(self, root: Path, *, in_child: bool = sys.platform == "linux") -> None:
        """`in_child`: write from a forked child, which sees one instant of memory while the server goes on.

        Elsewhere (macOS's frameworks do not survive a fork) the server pauses for as long as the write takes.
        """
        self._root = root
        self._in_child = in_child
        self._child: int | None = None

    def current(self) -> Path:
        """The directory to load from; empty at the very first start."""
        path = self._root / self._current_name()
        path.mkdir(parents=True, exist_ok=True)
        return path

    def start(self, states: States, keep_fd: int) -> bool:
        """Begin a snapshot; False while the last one is still being written (ask again later).

        `keep_fd` is the data directory's lock: the child must hold on to it (and to nothing else), so
        that a successor of a killed server waits for the child's rename before it reads.
        """
        if not self.is_idle():
            return False
        if not self._in_child:
            self.save(states)
            return True
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads. The child runs pure Python and takes no lock that
            # another thread may have held at the fork, then leaves by _exit.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
        if self._child == 0:
            self._write_and_exit(states, keep_fd)
        return True

    def is_idle(self) -> bool:
        """Whether no child is writing. Reaps a finished child; raises SnapshotError if it failed."""
        if self._child is None:
            return True
        pid, status = os.waitpid(self._child, os.WNOHANG)
        return pid != 0 and self._reaped(status)

    def finish(self, states: States) -> None:
        """Wait for a child, then write the last snapshot before the process ends."""
        if self._child is not None:
            with contextlib.suppress(SnapshotError):  # superseded by the one that follows
                self._reaped(os.waitpid(self._child, 0)[1])
        self.save(states)

    def save(self, states: States) -> None:
        """Write one snapshot and make it current; raises SnapshotError and changes nothing if any part fails."""
        before = self._current_name()
        target = self._root / str(int(before) + 1)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        self._carry_over(self._root / before, target, written=self._write(states, target))
        pointer = self._root / "CURRENT.tmp"
        pointer.write_text(target.name)
        pointer.replace(self._root / "CURRENT")
        for old in self._root.iterdir():
            if old.is_dir() and old != target:
                shutil.rmtree(old, ignore_errors=True)

    def _write(self, states: States, target: Path) -> set[str]:
        from ministack.core import persistence  # reads the environment when imported: not before the server did

        persistence.STATE_DIR = str(target)
        values = {name: state for name, get in states.items() if (state := get()) is not None}
        for name, state in values.items():
            persistence.save_state(name, state)  # logs a failure instead of raising it
        missing = sorted(name for name in values if not (target / f"{name}.json").exists())
        if missing:
            shutil.rmtree(target)
            raise SnapshotError(f"state of {', '.join(missing)} could not be saved; see the log above")
        return set(values)

    @staticmethod
    def _carry_over(source: Path, target: Path, *, written: set[str]) -> None:
        """A service that has not been loaded since the start keeps the state it had."""
        for file in source.glob("*.json"):
            if file.stem not in written:
                os.link(file, target / file.name)

    def _current_name(self) -> str:
        pointer = self._root / "CURRENT"
        return pointer.read_text() if pointer.exists() else "0"

    def _reaped(self, status: int) -> bool:
        self._child = None
        if status:
            raise SnapshotError(f"the snapshot's process ended with status {os.waitstatus_to_exitcode(status)}")
        return True

    def _write_and_exit(self, states: States, keep_fd: int) -> None:
        status = 1
        try:
            # Clients' connections and the listening socket must die with the server, not with this child.
            os.closerange(3, keep_fd)
            os.closerange(keep_fd + 1, 1 << 20)
            self.save(states)
            status = 0
        except Exception as error:  # noqa: BLE001 - the exit status is the only way back to the parent
            os.write(2, f"snapshot failed: {error!r}\n".encode())
        finally:
            os._exit(status)
