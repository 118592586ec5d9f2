"""PyIceberg's files over the embedded S3: reads are plain local files, writes become objects when they are closed."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from local.athena import objects
from local.athena.host import Scope, current_scope


class ObjectsIO(FileIO):
    """Objects of the account and region that it was made in, whatever thread uses it: PyIceberg has its own pool."""

    def __init__(self, work_dir: Path) -> None:
        super().__init__()
        self.work_dir = work_dir
        self.scope: Scope = current_scope()

    def new_input(self, location: str) -> "ObjectFile":
        return ObjectFile(self, location)

    def new_output(self, location: str) -> "ObjectFile":
        return ObjectFile(self, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        where = location if isinstance(location, str) else location.location
        with self.scope.enter():
            objects.delete([objects.split_uri(where)])

    def stored(self, location: str) -> objects.StoredObject | None:
        """The object at an address, or None."""
        with self.scope.enter():
            return objects.find(*objects.split_uri(location), self.work_dir)

    def path(self, location: str) -> str:
        """The local file that holds an object. Raises FileNotFoundError."""
        found = self.stored(location)
        if found is None:
            raise FileNotFoundError(f"Cannot open file, does not exist: {location}")
        return found.path

    def put(self, location: str, file: Path) -> None:
        """Turn a local file into the object; the file is moved."""
        bucket, key = objects.split_uri(location)
        with self.scope.enter():
            objects.put_files(bucket, [(key, file)])


class ObjectFile(InputFile, OutputFile):
    """One address, to read or to write."""

    def __init__(self, owner: ObjectsIO, location: str) -> None:
        super().__init__(location=location)
        self._owner = owner

    def __len__(self) -> int:
        found = self._owner.stored(self.location)
        if found is None:
            raise FileNotFoundError(f"Cannot open file, does not exist: {self.location}")
        return found.size

    def exists(self) -> bool:
        return self._owner.stored(self.location) is not None

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002 - PyIceberg's signature
        return Path(self._owner.path(self.location)).open("rb")

    def to_input_file(self) -> "ObjectFile":
        return self

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: FBT001, FBT002 - PyIceberg's signature
        if not overwrite and self.exists():
            raise FileExistsError(f"Cannot create file, already exists: {self.location}")
        self._owner.work_dir.mkdir(parents=True, exist_ok=True)
        draft = self._owner.work_dir / f"iceberg-{uuid.uuid4().hex}"
        return _Draft(draft.open("wb"), lambda: self._owner.put(self.location, draft))


class _Draft(OutputStream):
    """A local file that is handed on when it is closed, once."""

    def __init__(self, file: BinaryIO, publish: Callable[[], None]) -> None:
        self._file = file
        self._publish = publish

    def write(self, b: bytes) -> int:
        return self._file.write(b)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._publish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
