"""The ledger of files, and who brought which content first."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.datasets import dataset_write
from app.adapters.dynamodb.records import Records, loaded, writing
from app.adapters.dynamodb.table import Page, Write, every
from app.domain.datasets import Dataset
from app.domain.errors import NotFound
from app.domain.files import ContentClaim, File, FileState
from app.domain.versions import Version

SHARDS = 4
"""Parts of the list of files at work: a part of an index takes 1,000 writes a second."""
Kind = Literal["expected", "arriving"]
_PAGE = 1000


class FileStore(Records[File]):
    model = File
    noun = "file"

    def find(self, tenant: str, dataset_id: str, file_id: str) -> File | None:
        return self._find(keys.file(tenant, dataset_id, file_id))

    def get(self, tenant: str, dataset_id: str, file_id: str) -> File:
        return self._get(keys.file(tenant, dataset_id, file_id), file_id)

    def write(self, file: File) -> Write:
        state = f"T#{file.tenant}#FILES#{file.dataset_id}#{file.state}"
        key = keys.file(file.tenant, file.dataset_id, file.id)
        indexes = {"gsi1pk": state, "gsi1sk": file.id}
        if not file.is_done:
            kind: Kind = "expected" if file.state is FileState.EXPECTED else "arriving"
            at = file.updated_at.strftime(_SECOND)
            indexes |= {"gsi2pk": _at_work(kind, ord(file.id[-1]) % SHARDS), "gsi2sk": f"{at}#{file.tenant}#{file.id}"}
        return writing(key, file, indexes)

    def put(self, file: File) -> File:
        """Conditional on the revision."""
        revision = self.table.write(self.write(file))
        return file.model_copy(update={"revision": revision})

    def commit(self, file: File, dataset: Dataset, version: Version, count: Write) -> File:
        """The file is committed and counted, and the dataset has a new version: all at once, or nothing."""
        version_key = keys.version(version.tenant, version.dataset_id, version.id)
        self.table.transact([dataset_write(dataset), writing(version_key, version), self.write(file), count])
        return file.model_copy(update={"revision": file.revision + 1})

    def list(
        self, tenant: str, dataset_id: str, state: FileState | None, limit: int, page_token: str | None
    ) -> Page[File]:
        """Oldest first; one request. By state through an index (eventually consistent), all from the ledger itself."""
        if state is not None:
            index_key = f"T#{tenant}#FILES#{dataset_id}#{state}"
            return self._page(self.table.query(index_key, index="gsi1", limit=limit, page_token=page_token))
        pk = keys.dataset(tenant, dataset_id).pk
        return self._page(self.table.query(pk, sk_prefix="FILE#", limit=limit, page_token=page_token))

    def every(self, tenant: str, dataset_id: str, state: FileState | None = None) -> Iterator[File]:
        """As `list`, all of them: a request for a thousand, as they are asked for. It is no snapshot."""
        return every(lambda token: self.list(tenant, dataset_id, state, _PAGE, token))

    def many(self, ids: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], File]:
        """What exists of (tenant, dataset, file id): a request for a hundred."""
        found = self._many([keys.file(*one) for one in ids])
        return {(file.tenant, file.dataset_id, file.id): file for file in found}

    def left(self, kind: Kind, shard: int, before: datetime, limit: int) -> tuple[File, ...]:
        """Every tenant's files of one shard that nobody has touched since, the longest first; one request."""
        page = self.table.query(_at_work(kind, shard), index="gsi2", limit=limit)
        return tuple(file for file in self._page(page).items if file.updated_at <= before)

    def content(self, file: File, sha256: str) -> ContentClaim:
        """Who brought this content to the file's dataset."""
        item = self.table.get(keys.content(file.tenant, file.dataset_id, sha256))
        if item is None:
            raise NotFound("Nobody brought this content.")
        return loaded(ContentClaim, item)

    def claim(self, file: File, sha256: str, over: ContentClaim | None) -> None:
        """Say that this file brought the content. AlreadyExists / PreconditionFailed when another was faster."""
        key = keys.content(file.tenant, file.dataset_id, sha256)
        claim = (over or ContentClaim(file_id=file.id)).model_copy(update={"file_id": file.id})
        self.table.write(writing(key, claim))


_SECOND = "%Y-%m-%dT%H:%M:%S"


def _at_work(kind: Kind, shard: int) -> str:
    return f"T#~#FILES#{kind}#{shard}"
