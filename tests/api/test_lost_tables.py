"""What Glue lost of a raw dataset is made again from the ledger."""

import pytest

from tests.api.dropping import Partner

FILES = (
    b"id,v\n1,a\n",
    b"id;v\n2;b\n",
    b"id,v\n3,'c,c'\n4,'d,d'\n",  # quoted by apostrophes
    'id,v\n5,"é\nf"\n'.encode("latin-1"),  # which the table reads as a copy
    b"id,v\n6,g\n",
)
ROWS = [(1, "a"), (2, "b"), (3, "c,c"), (4, "d,d"), (5, "é\nf"), (6, "g")]


@pytest.fixture
def filled(api, lake, deliver):
    """A dataset whose files differ in how they are written, by whoever dropped them."""
    partner = Partner(api, lake, deliver)
    dataset = partner.dataset()
    for body in FILES:
        assert partner.drop(dataset, body)["state"] == "committed"
    assert rows(partner, dataset) == ROWS
    return partner, dataset


def rows(partner, dataset):
    return partner.sql(f"SELECT id, v FROM {dataset} ORDER BY id")


@pytest.mark.parametrize("lost", [("__files",), ("", "__files")], ids=["the files", "the view, too"])
def test_a_raw_table_that_glue_lost_is_restored_with_every_file(filled, api, aws, lost):
    partner, dataset = filled
    database, name = dataset.split(".")
    for suffix in lost:
        aws.of("glue").delete_table(DatabaseName=database, Name=f"{name}{suffix}")
    answer = api.post(f"/v1/datasets/{dataset}/restore")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert rows(partner, dataset) == ROWS


def test_what_is_there_stays_as_it_is(filled, api, aws):
    partner, dataset = filled
    database, name = dataset.split(".")
    before = partitions(aws, database, name)
    assert api.post(f"/v1/datasets/{dataset}/restore").status_code == 409
    assert partitions(aws, database, name) == before
    assert rows(partner, dataset) == ROWS


def test_a_partition_is_as_it_was_before_it_was_lost(filled, api, aws):
    _, dataset = filled
    database, name = dataset.split(".")
    before = partitions(aws, database, name)
    aws.of("glue").delete_table(DatabaseName=database, Name=f"{name}__files")
    api.post(f"/v1/datasets/{dataset}/restore")
    assert partitions(aws, database, name) == before


def partitions(aws, database, name):
    """How each file is read, by its id."""
    found = aws.of("glue").get_partitions(DatabaseName=database, TableName=f"{name}__files")["Partitions"]
    return {one["Values"][0]: one["StorageDescriptor"] for one in found}
