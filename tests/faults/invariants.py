"""What must hold of a dataset, whatever happened to it."""

from typing import Any

from app.domain.locations import version_prefix


def versions_of(lake: Any, dataset_id: str, tenant: str = "main") -> list[Any]:
    """All of them, newest first."""
    found, token = [], None
    while True:
        page = lake.versions._store.list(tenant, dataset_id, 100, token)
        found += page.items
        token = page.next_page_token
        if token is None:
            return found


def check_versions(lake: Any, dataset_id: str, tenant: str = "main", *, is_at_rest: bool = True) -> list[Any]:
    """One current version; every object and table of each that is not removed is there. At rest, when no run is under
    way, nothing lies about that no version owns.

    Answers the versions, newest first.
    """
    dataset = lake.datasets.store.find(tenant, dataset_id)
    versions = versions_of(lake, dataset_id, tenant)
    kept = [version for version in versions if version.removed_at is None]
    assert sum(version.id == dataset.current_version for version in kept) == 1, (dataset.current_version, versions)
    read: set[str] = set()
    for version in kept:
        sizes = files_of(lake, version)
        assert (len(sizes), sum(sizes.values())) == (version.files, version.bytes), version
        read |= set(sizes)
    if is_at_rest:
        unfinished = [version for version in versions if version.purged_at is None]
        _check_no_orphans(lake, dataset, unfinished, read)
    return versions


def tidied(lake: Any, dataset_id: str, tenant: str = "main") -> None:
    """Clean-up, as the run does that published the newest version."""
    run = lake.runs._store.get(tenant, versions_of(lake, dataset_id, tenant)[0].run_id)
    lake.runs._engine._cleaning._retention.tidy(run, lake._places.of(run, run.attempt))


def files_of(lake: Any, version: Any) -> dict[str, int]:
    """Keys and sizes of all that the version's table reads, of whichever version they are."""
    table = lake.catalog.find_table(version.database, version.table)
    assert table is not None, version.table
    prefixes = {table["StorageDescriptor"]["Location"]}
    if table.get("PartitionKeys"):
        asked = {"DatabaseName": version.database, "TableName": version.table}
        pages = lake.aws.glue.get_paginator("get_partitions").paginate(**asked)
        parts = [part for page in pages for part in page["Partitions"]]
        prefixes = {part["StorageDescriptor"]["Location"] for part in parts}
    found: dict[str, int] = {}
    for prefix in prefixes:
        bucket, _, key = prefix.removeprefix("s3://").partition("/")
        found |= {name: size for name, size in lake.objects.list(bucket, key.rstrip("/") + "/") if size}
    return found


def _check_no_orphans(lake: Any, dataset: Any, owners: list[Any], read: set[str]) -> None:
    """`owners`: versions whose files may be there, also those whose removal was begun and not finished."""
    namespace, name = dataset.id.split(".")
    for bucket in (lake.settings.curated_bucket, lake.settings.business_bucket):
        lying = {key for key, size in lake.objects.list(bucket, f"{dataset.tenant}/{namespace}/{name}/") if size}
        measured = {f"{version_prefix(one.tenant, one.dataset_id, one.id)}sizes.json" for one in owners}
        owned = {key for key in lying if key in read | measured or any(key.startswith(one.prefix) for one in owners)}
        assert lying == owned, sorted(lying - owned)
    pages = lake.aws.glue.get_paginator("get_tables").paginate(DatabaseName=namespace, Expression=f"{name}__v*")
    tables = {table["Name"] for page in pages for table in page["TableList"]}
    assert tables <= {version.table for version in owners}, tables
