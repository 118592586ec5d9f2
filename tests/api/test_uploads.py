"""Drop-off: what a presigned URL allows, parts, and who may ask."""

import hashlib

import httpx
import pytest

from tests.api.dropping import Partner

BODY = b"id,v\n1,a\n2,b\n"
MIB = 2**20


@pytest.fixture(scope="module")
def partner(api, lake, deliver):
    return Partner(api, lake, deliver)


def test_the_answer_is_the_contract_s(partner):
    dataset = partner.dataset()
    answer = partner.api.post(
        f"/v1/datasets/{dataset}/uploads",
        json={"file_name": "../../etc/passwd", "size_bytes": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest()},
    )
    upload = answer.json()
    assert answer.status_code == 201
    assert upload["method"] == "PUT"
    assert {"file_id", "url", "headers", "expires_at"} <= set(upload)
    assert "passwd" not in upload["url"]
    assert {name.lower() for name in upload["headers"]} == {"content-length", "if-none-match", "x-amz-checksum-sha256"}
    assert answer.headers["location"] == f"/v1/datasets/{dataset}/files/{upload['file_id']}"
    assert partner.file(dataset, upload["file_id"])["state"] == "expected"


def test_other_content_or_another_length_is_refused_at_the_door(partner):
    dataset = partner.dataset()
    upload = partner.ask(dataset, BODY, sha256=hashlib.sha256(BODY).hexdigest())
    assert partner.put(upload, BODY.replace(b"1", b"9")).status_code >= 400
    longer = {**upload, "headers": {**upload["headers"], "Content-Length": str(len(BODY) * 2)}}
    assert partner.put(longer, BODY * 2).status_code >= 400
    assert partner.put(upload, BODY).status_code == 200


def test_a_url_takes_one_file_only(partner):
    dataset = partner.dataset()
    upload = partner.ask(dataset, BODY)
    assert partner.put(upload, BODY).status_code == 200
    assert partner.put(upload, BODY.replace(b"1", b"9")).status_code == 412


def test_a_file_comes_in_parts(partner):
    dataset = partner.dataset()
    body = b"id,v\n" + b"".join(b"%07d,%s\n" % (n, b"x" * 100) for n in range(110_000))
    upload = partner.ask(dataset, body, parts=2, sha256=hashlib.sha256(body).hexdigest())
    assert [part["number"] for part in upload["parts"]] == [1, 2]
    etags = []
    for part in upload["parts"]:
        piece = body[part["offset"] : part["offset"] + part["size_bytes"]]
        etags.append(httpx.put(part["url"], headers=part["headers"], content=piece).headers["etag"])
    url = f"/v1/datasets/{dataset}/uploads/{upload['file_id']}/complete"
    assert partner.api.post(url, json={"etags": etags[:1]}).status_code == 422
    assert partner.api.post(url, json={"etags": etags}).status_code == 200
    assert partner.api.post(url, json={"etags": etags}).status_code == 200
    partner.deliver()
    file = partner.file(dataset, upload["file_id"])
    assert (file["state"], file["row_count"]) == ("committed", 110_000), file["report"]
    assert partner.api.post(url, json={"etags": etags}).json()["state"] == "committed"


def test_parts_of_another_content_are_quarantined(partner):
    dataset = partner.dataset()
    upload = partner.ask(dataset, BODY, parts=1, sha256="0" * 64)
    (part,) = upload["parts"]
    etag = httpx.put(part["url"], headers=part["headers"], content=BODY).headers["etag"]
    url = f"/v1/datasets/{dataset}/uploads/{upload['file_id']}/complete"
    assert partner.api.post(url, json={"etags": [etag]}).status_code == 200
    partner.deliver()
    file = partner.file(dataset, upload["file_id"])
    assert file["state"] == "quarantined"
    assert partner.codes(file) == {"wrong_checksum"}


def test_completing_what_was_not_sent_is_refused(partner):
    dataset = partner.dataset()
    upload = partner.ask(dataset, BODY, parts=1)
    url = f"/v1/datasets/{dataset}/uploads/{upload['file_id']}/complete"
    assert partner.api.post(url, json={"etags": ["0" * 32]}).status_code == 422
    whole = partner.ask(dataset, BODY)
    url = f"/v1/datasets/{dataset}/uploads/{whole['file_id']}/complete"
    assert partner.api.post(url, json={"etags": ["0" * 32]}).status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"size_bytes": 0},
        {"size_bytes": -1},
        {"size_bytes": 6 * 2**40},
        {"sha256": "xyz"},
        {"sha256": "A" * 64},
        {"file_name": ""},
        {"file_name": "a" * 2000},
        {"file_name": "a\nb"},
        {"parts": 0},
        {"parts": 3, "size_bytes": 6 * MIB},
        {"partition": {"nope": "1"}},
        {"partition": {"Year;": "1"}},
        {"tenant": "other"},
    ],
)
def test_what_is_no_announcement_is_refused(partner, changes):
    dataset = partner.dataset()
    asked = {"file_name": "f.csv", "size_bytes": 10, **changes}
    answer = partner.api.post(f"/v1/datasets/{dataset}/uploads", json=asked)
    assert answer.status_code == 422, answer.text


def test_the_partition_is_kept(partner):
    dataset = partner.dataset(partition_by=["year"])
    file = partner.drop(dataset, BODY, partition={"year": "2013"})
    assert (file["state"], file["partition"]) == ("committed", {"year": "2013"})


def test_curated_datasets_take_no_files(partner):
    dataset = partner.dataset(tier="curated")
    answer = partner.api.post(f"/v1/datasets/{dataset}/uploads", json={"file_name": "f", "size_bytes": 1})
    assert answer.status_code == 409


def test_a_partner_uploads_and_reads_reports_but_another_tenant_sees_nothing(partner, lake):
    created = partner.api.post("/v1/api-keys", json={"name": "acme", "role": "partner"}).json()
    theirs = {"x-api-key": created["api_key"]}
    dataset = partner.dataset()
    upload = partner.api.post(
        f"/v1/datasets/{dataset}/uploads", json={"file_name": "f", "size_bytes": 8}, headers=theirs
    ).json()
    partner.put(upload, b"id,v\n1,\xff"[:8])
    partner.deliver()
    url = f"/v1/datasets/{dataset}/files/{upload['file_id']}"
    assert partner.api.get(url, headers=theirs).json()["report"] is not None
    stranger = {"x-api-key": lake.identity.ensure_admin_key("stranger")}
    assert partner.api.get(url, headers=stranger).status_code == 404
    assert partner.api.post(f"{url}/replay", headers=stranger).status_code == 404
