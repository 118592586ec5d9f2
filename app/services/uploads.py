"""Drop-off: a file is announced, and its sender gets URLs to put it at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from pydantic import BaseModel, Field

from app.adapters.dynamodb.files import FileStore
from app.adapters.objects import Objects
from app.domain.access import Principal
from app.domain.datasets import Dataset
from app.domain.errors import Conflict, FieldError, InvalidInput, NotFound
from app.domain.files import AWAITED, MAX_PARTS, File, FileState, NewUpload
from app.domain.identifiers import Clock, IdFactory
from app.domain.locations import intake_key
from app.services.datasets import Datasets
from app.settings import Settings

_LEAST_PART = 5 * 2**20  # S3's, for all parts but the last
_MOST_PART = 5 * 2**30
_USUAL_PART = 256 * 2**20


class UploadPart(BaseModel):
    """One part of a file: send `size_bytes` bytes from `offset`, and keep the ETag that S3 answers with."""

    number: int
    offset: int
    size_bytes: int
    url: str
    headers: dict[str, str]


class Upload(BaseModel):
    """Where to send the file. `url` for a file in one piece; `parts` for one that is sent in parts."""

    file_id: str
    method: str = "PUT"
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, description="Send them all: they are signed.")
    parts: tuple[UploadPart, ...] = ()
    expires_at: datetime


class Uploads:
    """Hands out presigned URLs; length, checksum and if-none-match are signed."""

    def __init__(
        self,
        settings: Settings,
        datasets: Datasets,
        files: FileStore,
        objects: Objects,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._datasets = datasets
        self._files = files
        self._objects = objects
        self._clock = clock
        self._new_id = new_id

    def request(self, principal: Principal, dataset_id: str, new: NewUpload) -> Upload:
        """Conflict when the dataset takes no files."""
        dataset = self._datasets.get(principal, dataset_id)
        _check(dataset, new)
        sizes = self._part_sizes(new)
        file_id, now = self._new_id(), self._clock()
        key = intake_key(dataset.tenant, dataset.id, file_id)
        upload_id = self._objects.start_multipart(self._settings.intake_bucket, key) if sizes else None
        file = File(
            id=file_id,
            tenant=dataset.tenant,
            dataset_id=dataset.id,
            state=FileState.EXPECTED,
            file_name=new.file_name,
            size_bytes=new.size_bytes,
            declared_sha256=new.sha256,
            partition=new.partition,
            intake_key=key,
            upload_id=upload_id,
            parts=len(sizes) or None,
            created_at=now,
            created_by=principal.id,
            updated_at=now,
        )
        self._files.put(file)
        return self._urls(file, sizes)

    def complete(self, principal: Principal, dataset_id: str, file_id: str, etags: Sequence[str]) -> File:
        """Put the parts together. Repeating it changes nothing."""
        self._datasets.get(principal, dataset_id)
        file = self._files.get(principal.tenant, dataset_id, file_id)
        if file.upload_id is None:
            raise Conflict("This file is sent in one piece; there is nothing to complete.")
        if file.state not in AWAITED:
            return file
        if len(etags) != file.parts:
            raise InvalidInput(f"Send one ETag per part, in order: {file.parts} of them.")
        bucket = self._settings.intake_bucket
        try:
            self._objects.complete_multipart(bucket, file.intake_key, file.upload_id, [e.strip('"') for e in etags])
        except NotFound as error:
            if self._objects.head(bucket, file.intake_key) is None:
                raise InvalidInput("A part is missing or too small, or an ETag is not its part's.") from error
        return file

    def _urls(self, file: File, sizes: Sequence[int]) -> Upload:
        seconds = self._settings.upload_expiry_seconds
        expires_at = self._clock() + timedelta(seconds=seconds)
        bucket = self._settings.intake_bucket
        if not sizes:
            put = self._objects.presign_put(
                bucket, file.intake_key, size=file.size_bytes, sha256_hex=file.declared_sha256, expires=seconds
            )
            return Upload(file_id=file.id, url=put.url, headers=put.headers, expires_at=expires_at)
        parts, offset = [], 0
        for number, size in enumerate(sizes, 1):
            put = self._objects.presign_part(
                bucket, file.intake_key, str(file.upload_id), number, size=size, expires=seconds
            )
            parts.append(UploadPart(number=number, offset=offset, size_bytes=size, url=put.url, headers=put.headers))
            offset += size
        return Upload(file_id=file.id, parts=tuple(parts), expires_at=expires_at)

    def _part_sizes(self, new: NewUpload) -> list[int]:
        """Empty for a file in one piece."""
        if new.parts is None and new.size_bytes <= self._settings.multipart_threshold_bytes:
            return []
        count = new.parts or min(MAX_PARTS, ceil(new.size_bytes / _USUAL_PART))
        size = ceil(new.size_bytes / count)
        count = ceil(new.size_bytes / size)
        if (count > 1 and size < _LEAST_PART) or size > _MOST_PART:
            raise _bad("/parts", "parts_size", "A part has 5 MiB to 5 GiB; choose another number of parts.")
        return [size] * (count - 1) + [new.size_bytes - size * (count - 1)]


def _check(dataset: Dataset, new: NewUpload) -> None:
    if not dataset.is_raw:
        raise Conflict(f"{dataset.id} is written by jobs and takes no files; upload to a raw dataset.")
    if any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in new.file_name):
        raise _bad("/file_name", "file_name", "A file name has no control characters.")
    unknown = set(new.partition) - set(dataset.partition_by)
    if unknown:
        raise _bad("/partition", "partition", "The dataset is not partitioned by these columns (partition_by).")


def _bad(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, (FieldError(pointer, code, detail),))
