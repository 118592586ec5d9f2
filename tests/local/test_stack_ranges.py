"""Byte ranges of object versions."""

import pytest


@pytest.fixture(scope="module")
def versions(aws):
    """(client, ids) of two versions of one object."""
    s3 = aws.of("s3")
    s3.create_bucket(Bucket="ranges")
    s3.put_bucket_versioning(Bucket="ranges", VersioningConfiguration={"Status": "Enabled"})
    return s3, [s3.put_object(Bucket="ranges", Key="k", Body=body)["VersionId"] for body in (b"0123456789", b"abcdef")]


@pytest.mark.parametrize(
    ("which", "span", "piece"), [(0, "0-3", b"0123"), (0, "-3", b"789"), (1, "2-", b"cdef"), (1, "0-99", b"abcdef")]
)
def test_a_version_is_read_by_range(versions, which, span, piece):
    s3, ids = versions
    answer = s3.get_object(Bucket="ranges", Key="k", VersionId=ids[which], Range=f"bytes={span}")
    assert answer["Body"].read() == piece
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert answer["ContentRange"].endswith(f"/{10 if which == 0 else 6}")


def test_without_a_range_all_of_it_is_read(versions):
    s3, ids = versions
    assert s3.get_object(Bucket="ranges", Key="k", VersionId=ids[0])["Body"].read() == b"0123456789"
