"""Partners are told that a drop-off URL takes one file of one size and one content; the stack holds S3 to that."""

import base64
import hashlib
import time

import httpx
import pytest
from botocore.config import Config

BODY = b"day,amount\n2026-01-01,7\n"


@pytest.fixture
def url(stack, settings):
    """A function that presigns a PUT of BODY as Headgate does."""
    from boto3.session import Session

    client = Session("test", "test", region_name="us-east-1").client(
        "s3",
        endpoint_url=stack.endpoint_url,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    def presign(expires: int = 60) -> str:
        parameters = {
            "Bucket": settings.intake_bucket,
            "Key": "drop/one file.csv",
            "ContentLength": len(BODY),
            "ChecksumSHA256": sha256(BODY),
        }
        return client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=expires)

    return presign


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def put(address: str, body: bytes, **headers: str) -> httpx.Response:
    return httpx.put(address, content=body, headers={"x-amz-checksum-sha256": sha256(BODY), **headers})


def test_the_file_it_was_made_for_is_taken(url):
    assert put(url(), BODY).status_code == 200


def test_another_length_is_refused(url):
    assert put(url(), BODY + b"2026-01-02,8\n").status_code == 403


def test_other_content_of_the_same_length_is_refused(url):
    answer = put(url(), BODY.replace(b"7", b"8"))
    assert answer.status_code == 400
    assert "BadDigest" in answer.text or "InvalidRequest" in answer.text


def test_other_content_with_its_own_checksum_is_refused(url):
    other = BODY.replace(b"7", b"8")
    assert put(url(), other, **{"x-amz-checksum-sha256": sha256(other)}).status_code == 403


def test_content_without_a_checksum_header_is_refused(url):
    assert httpx.put(url(), content=BODY.replace(b"7", b"8")).status_code == 403


def test_an_expired_url_is_refused(url):
    address = url(expires=1)
    time.sleep(2.1)
    answer = put(address, BODY)
    assert answer.status_code == 403
    assert "expired" in answer.text


def test_another_key_is_refused(url):
    assert put(url().replace("one%20file", "other"), BODY).status_code == 403
