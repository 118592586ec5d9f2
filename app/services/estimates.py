"""What a question reads at most: by dataset, from the manifests and the measured sizes. Athena is not asked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.adapters.dynamodb.versions import VersionStore
from app.domain.errors import BudgetExceeded
from app.domain.locations import DELETED_COLUMN, REJECTED_COLUMN
from app.domain.version_sizes import PartitionSizes, VersionSizes
from app.domain.versions import Version
from app.services import prices
from app.services.questions import Plan
from app.services.version_sizes import Sizes
from app.settings import Settings

if TYPE_CHECKING:
    from app.sql.scans import Comparison, Scan

_FILTERED = frozenset({DELETED_COLUMN, REJECTED_COLUMN})
"""Hidden columns that tell which rows count."""


@dataclass(frozen=True)
class DatasetEstimate:
    """What a question may read of one dataset, at most. `partitions`: read and in all, None where none are known.

    `is_measured`: the bytes are those of the columns and partitions it reads, not of whole files. `reads`: how often
    it is read.
    """

    id: str
    version: str | None
    columns: tuple[str, ...]
    reads: int
    bytes: int
    files: int
    partitions: int | None
    partitions_in_all: int | None
    is_measured: bool


@dataclass(frozen=True)
class Estimate:
    """What a question reads and costs at most."""

    datasets: tuple[DatasetEstimate, ...]
    columns: tuple[str, ...] | None
    bytes_upper_bound: int
    cost_usd_upper_bound: str
    is_reusable: bool

    def check(self, limit: int) -> None:
        """BudgetExceeded when it may read more, before a cent is spent."""
        if self.bytes_upper_bound > limit:
            largest = max(self.datasets, key=lambda one: one.bytes)
            raise BudgetExceeded(
                f"It may scan {self.bytes_upper_bound:,} bytes, {largest.bytes:,} of them of {largest.id}, and "
                f"max_bytes_scanned is {limit:,}. Read fewer columns or partitions, or raise it."
            )


class Estimates:
    """Upper bounds. One request for the manifests, and one for the sizes of each version not seen before."""

    def __init__(self, settings: Settings, versions: VersionStore, sizes: Sizes) -> None:
        self._settings = settings
        self._versions = versions
        self._sizes = sizes

    def of(self, tenant: str, plan: Plan) -> Estimate:
        wanted = [(one, version) for one, version in plan.versions.items() if version is not None]
        found = {one.dataset_id: one for one in self._versions.many(tenant, wanted)}
        datasets = tuple(self._of(one, plan, found.get(one)) for one in plan.datasets)
        total = sum(one.bytes for one in datasets)
        cost = prices.of_scan(self._settings, total)
        return Estimate(datasets, plan.columns, total, cost, plan.is_deterministic)

    def _of(self, dataset_id: str, plan: Plan, version: Version | None) -> DatasetEstimate:
        scans = tuple(scan for scan in plan.scans if scan.dataset == dataset_id)
        columns = tuple(plan.columns_used[dataset_id])
        sizes = self._sizes.find(version) if version is not None and version.table is not None else None
        if version is not None and sizes is not None:
            return _measured(version, columns, scans, sizes)
        reads = sum(scan.times for scan in scans)
        return DatasetEstimate(
            id=dataset_id,
            version=plan.versions[dataset_id],
            columns=columns,
            reads=reads,
            bytes=version.bytes * reads if version else 0,
            files=version.files if version else 0,
            partitions=None,
            partitions_in_all=None,
            is_measured=False,
        )


def _measured(
    version: Version, columns: tuple[str, ...], scans: "Sequence[Scan]", sizes: VersionSizes
) -> DatasetEstimate:
    read = {*columns, *(_FILTERED & set(version.hidden))}
    chosen = [list(_partitions(sizes, scan.comparisons)) for scan in scans]
    touched = {one.location: one for each in chosen for one in each}
    pairs = zip(scans, chosen, strict=True)
    return DatasetEstimate(
        id=version.dataset_id,
        version=version.id,
        columns=columns,
        reads=sum(scan.times for scan in scans),
        bytes=sum(scan.times * sum(one.of(read) for one in each) for scan, each in pairs),
        files=sum(one.files for one in touched.values()),
        partitions=len(touched) if sizes.partitioned_by else None,
        partitions_in_all=len(sizes.partitions) if sizes.partitioned_by else None,
        is_measured=True,
    )


def _partitions(sizes: VersionSizes, comparisons: "Iterable[Comparison]") -> Iterator[PartitionSizes]:
    """Those in which every comparison can hold."""
    kinds = sizes.partitioned_by
    places = {name: at for at, name in enumerate(kinds)}
    told = [one for one in comparisons if one.column in places]
    for partition in sizes.partitions:
        texts = [None if partition.is_null(at) else text for at, text in enumerate(partition.values)]
        if all(one.may_hold(texts[places[one.column]], kinds[one.column]) for one in told):
            yield partition
