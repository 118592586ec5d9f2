"""S3: presigned drop-off, streams, copies, listings."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from app.adapters.aws import Aws, error_code, translated
from app.domain.errors import BackendUnavailable, NotFound

_COPY_PART = 512 * 2**20  # CopyObject takes 5 GB; parts of this size copy side by side
_COPY_LIMIT = 5 * 2**30
_DELETE_BATCH = 1000
_UNVERSIONED = "null"  # how S3 lists objects that were put while the bucket had no versions


@dataclass(frozen=True)
class ObjectHead:
    """What S3 knows of one object version. `etag` without quotes; sizes in bytes."""

    bucket: str
    key: str
    version_id: str | None
    size: int
    etag: str
    metadata: Mapping[str, str]
    modified_at: datetime


@dataclass(frozen=True)
class VersionPage:
    """Object versions in the order of their keys. `after` is where the next page begins, None at the end."""

    versions: tuple[ObjectHead, ...]
    after: tuple[str, str] | None


@dataclass(frozen=True)
class Presigned:
    """A URL and the headers that must be sent with it, since they are signed."""

    url: str
    headers: dict[str, str]


class Objects:
    """One bucket-agnostic view of S3."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def presign_put(self, bucket: str, key: str, *, size: int, sha256_hex: str | None, expires: int) -> Presigned:
        """PUT of exactly this many bytes (and this content), once: length, checksum and if-none-match are signed."""
        params: dict[str, Any] = {"Bucket": bucket, "Key": key, "ContentLength": size, "IfNoneMatch": "*"}
        headers = {"Content-Length": str(size), "If-None-Match": "*"}
        if sha256_hex:
            checksum = base64.b64encode(bytes.fromhex(sha256_hex)).decode()
            params |= {"ChecksumSHA256": checksum}
            headers |= {"x-amz-checksum-sha256": checksum}
        with translated("S3"):
            url = self._aws.s3.generate_presigned_url("put_object", Params=params, ExpiresIn=expires)
        return Presigned(str(url), headers)

    def presign_get(self, bucket: str, key: str, *, expires: int, file_name: str | None = None) -> str:
        params: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if file_name:
            params["ResponseContentDisposition"] = f'attachment; filename="{file_name}"'
        with translated("S3"):
            return str(self._aws.s3.generate_presigned_url("get_object", Params=params, ExpiresIn=expires))

    def start_multipart(self, bucket: str, key: str) -> str:
        with translated("S3"):
            return str(self._aws.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"])

    def presign_part(self, bucket: str, key: str, upload_id: str, number: int, *, size: int, expires: int) -> Presigned:
        params = {"Bucket": bucket, "Key": key, "UploadId": upload_id, "PartNumber": number, "ContentLength": size}
        with translated("S3"):
            url = self._aws.s3.generate_presigned_url("upload_part", Params=params, ExpiresIn=expires)
        return Presigned(str(url), {"Content-Length": str(size)})

    def complete_multipart(self, bucket: str, key: str, upload_id: str, etags: Sequence[str]) -> None:
        """NotFound if the upload is unknown or a part is missing."""
        parts = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
        with translated("S3"):
            try:
                self._aws.s3.complete_multipart_upload(
                    Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
                )
            except ClientError as error:
                if error_code(error) in {"NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall"}:
                    raise NotFound(
                        "The upload is unknown, or a part is missing or too small; check the ETags."
                    ) from error
                raise

    def head(self, bucket: str, key: str, version_id: str | None = None) -> ObjectHead | None:
        with translated("S3"):
            try:
                answer = self._aws.s3.head_object(**_located(bucket, key, version_id))
            except ClientError as error:
                if error_code(error) in {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405"}:
                    return None
                raise
        return ObjectHead(
            bucket,
            key,
            answer.get("VersionId", version_id),
            int(answer["ContentLength"]),
            str(answer["ETag"]).strip('"'),
            answer.get("Metadata", {}),
            answer["LastModified"],
        )

    def stream(
        self,
        bucket: str,
        key: str,
        version_id: str | None = None,
        *,
        byte_range: tuple[int, int] | None = None,
        chunk: int = 2**20,
    ) -> Iterator[bytes]:
        """The bytes in chunks; `byte_range` is first and last byte, inclusive."""
        request = _located(bucket, key, version_id)
        if byte_range:
            request["Range"] = f"bytes={byte_range[0]}-{byte_range[1]}"
        with translated("S3"):
            try:
                body = self._aws.s3.get_object(**request)["Body"]
            except ClientError as error:
                if error_code(error) in {"NoSuchKey", "NoSuchVersion", "404"}:
                    raise NotFound("The object is gone.") from error
                raise
            try:
                while part := body.read(chunk):
                    yield part
            finally:
                body.close()

    def read(self, bucket: str, key: str, *, byte_range: tuple[int, int] | None = None) -> bytes:
        return b"".join(self.stream(bucket, key, byte_range=byte_range))

    def put(self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        with translated("S3"):
            self._aws.s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def put_stream(self, bucket: str, key: str, chunks: Iterator[bytes], part_size: int = 16 * 2**20) -> int:
        """Write a stream of unknown length in bounded memory (multipart above one part); returns its bytes."""
        buffer, total, upload_id = bytearray(), 0, None
        etags: list[str] = []
        with translated("S3"):
            for chunk in chunks:
                buffer += chunk
                total += len(chunk)
                if len(buffer) >= part_size:
                    upload_id = upload_id or self._aws.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
                    etags.append(self._part(bucket, key, upload_id, len(etags) + 1, bytes(buffer)))
                    buffer.clear()
            if upload_id is None:
                self._aws.s3.put_object(Bucket=bucket, Key=key, Body=bytes(buffer))
                return total
            if buffer:
                etags.append(self._part(bucket, key, upload_id, len(etags) + 1, bytes(buffer)))
        self.complete_multipart(bucket, key, upload_id, etags)
        return total

    def copy(self, source: ObjectHead, bucket: str, key: str) -> None:
        """Server-side copy of one object version; in parts above CopyObject's 5 GB."""
        origin = {"Bucket": source.bucket, "Key": source.key}
        if source.version_id:
            origin["VersionId"] = source.version_id
        with translated("S3"):
            if source.size <= _COPY_LIMIT:
                self._aws.s3.copy_object(Bucket=bucket, Key=key, CopySource=origin)
                return
            upload_id = self._aws.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            etags: list[str] = []
            for number, first in enumerate(range(0, source.size, _COPY_PART), 1):
                answer = self._aws.s3.upload_part_copy(
                    Bucket=bucket,
                    Key=key,
                    UploadId=upload_id,
                    PartNumber=number,
                    CopySource=origin,
                    CopySourceRange=f"bytes={first}-{min(first + _COPY_PART, source.size) - 1}",
                )
                etags.append(str(answer["CopyPartResult"]["ETag"]))
        self.complete_multipart(bucket, key, upload_id, etags)

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """(key, bytes) of everything below a prefix."""
        with translated("S3"):
            for page in self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    yield str(entry["Key"]), int(entry["Size"])

    def versions(self, bucket: str, after: tuple[str, str] | None, limit: int) -> VersionPage:
        """One page of all object versions (1,000 at most) after a (key, version id); no metadata. One request."""
        request: dict[str, Any] = {"Bucket": bucket, "MaxKeys": limit}
        if after is not None:
            request |= {"KeyMarker": after[0], "VersionIdMarker": after[1]}
        with translated("S3"):
            answer = self._aws.s3.list_object_versions(**request)
        found = tuple(_listed(bucket, entry) for entry in answer.get("Versions", []))
        more = (answer["NextKeyMarker"], answer["NextVersionIdMarker"]) if answer.get("IsTruncated") else None
        return VersionPage(found, more)

    def delete_versions(self, versions: Sequence[ObjectHead]) -> None:
        """Delete these object versions, of one bucket, for good; no other version is touched."""
        with translated("S3"):
            for start in range(0, len(versions), _DELETE_BATCH):
                batch = versions[start : start + _DELETE_BATCH]
                named = [{"Key": one.key, "VersionId": one.version_id or _UNVERSIONED} for one in batch]
                answer = self._aws.s3.delete_objects(Bucket=batch[0].bucket, Delete={"Objects": named, "Quiet": True})
                if answer.get("Errors"):
                    raise BackendUnavailable("S3 did not delete everything; try again.", retry_after_seconds=5)

    def prefixes(self, bucket: str, start: str) -> Iterator[str]:
        """The slash-terminated prefixes that begin so, one level deep."""
        with translated("S3"):
            pages = self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start, Delimiter="/")
            for page in pages:
                yield from (str(entry["Prefix"]) for entry in page.get("CommonPrefixes", []))

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        """Delete everything below a slash-terminated prefix; returns how many objects."""
        if not prefix.endswith("/") or prefix.count("/") < 3:
            raise ValueError(f"refusing to delete below {prefix!r}: not a prefix of one dataset's version")
        keys = [key for key, _ in self.list(bucket, prefix)]
        with translated("S3"):
            for start in range(0, len(keys), _DELETE_BATCH):
                batch = [{"Key": key} for key in keys[start : start + _DELETE_BATCH]]
                answer = self._aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
                if answer.get("Errors"):
                    raise BackendUnavailable("S3 did not delete everything; try again.", retry_after_seconds=5)
        return len(keys)

    def _part(self, bucket: str, key: str, upload_id: str, number: int, body: bytes) -> str:
        answer = self._aws.s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
        return str(answer["ETag"])


def _listed(bucket: str, entry: dict[str, Any]) -> ObjectHead:
    version = entry.get("VersionId")
    return ObjectHead(
        bucket,
        str(entry["Key"]),
        None if version == _UNVERSIONED else version,
        int(entry["Size"]),
        str(entry["ETag"]).strip('"'),
        {},
        entry["LastModified"],
    )


def _located(bucket: str, key: str, version_id: str | None) -> dict[str, Any]:
    request = {"Bucket": bucket, "Key": key}
    return request | {"VersionId": version_id} if version_id else request
