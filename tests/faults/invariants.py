"""What must hold of a dataset at rest, whatever happened to it."""

from typing import Any


def versions_of(lake: Any, dataset_id: str, tenant: str = "main") -> list[Any]:
    """All of them, newest first."""
    found, token = [], None
    while True:
        page = lake.versions._store.list(tenant, dataset_id, 100, token)
        found += page.items
        token = page.next_page_token
        if token is None:
            return found


def check_versions(lake: Any, dataset_id: str, tenant: str = "main") -> list[Any]:
    """One current version; all that is not removed is there and whole; nothing lies about that no version owns.

    Answers the versions, newest first.
    """
    dataset = lake.datasets.store.find(tenant, dataset_id)
    versions = versions_of(lake, dataset_id, tenant)
    kept = [version for version in versions if version.removed_at is None]
    assert sum(version.id == dataset.current_version for version in kept) == 1, (dataset.current_version, versions)
    for version in kept:
        sizes = [size for _, size in lake.objects.list(version.bucket, version.prefix) if size]
        assert (len(sizes), sum(sizes)) == (version.files, version.bytes), version.id
        assert lake.catalog.find_table(version.database, version.table) is not None, version.table
    check_no_orphans(lake, dataset, [version for version in versions if version.purged_at is None])
    return versions


def check_no_orphans(lake: Any, dataset: Any, kept: list[Any]) -> None:
    """`kept`: versions whose files may be there, also those whose removal was begun and not finished."""
    prefix = f"{dataset.tenant}/{dataset.id.replace('.', '/')}/"
    for bucket in (lake.settings.curated_bucket, lake.settings.business_bucket):
        lying = {key for key, _ in lake.objects.list(bucket, prefix)}
        owned = {key for key in lying if any(key.startswith(version.prefix) for version in kept)}
        assert lying == owned, sorted(lying - owned)
    pages = lake.aws.glue.get_paginator("get_tables").paginate(DatabaseName=dataset.id.split(".")[0])
    name = dataset.id.split(".")[1]
    tables = {table["Name"] for page in pages for table in page["TableList"] if table["Name"].startswith(f"{name}__v")}
    assert tables <= {version.table for version in kept}, tables
