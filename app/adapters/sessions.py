"""AWS clients that start fast: boto3's own core, botocore, without what a cold start pays for and never uses.

boto3.Session imports its resources and transfer manager (30 ms of CPU), botocore lists the folders of all 400 services
to find four (15 ms) and reads their descriptions with the json module (15 ms). `bench/cold_start.py` watches the sum.
The clients are the very ones boto3 gives.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session

SERVICES = ("athena", "dynamodb", "glue", "s3", "sqs", "sts")
"""The services whose clients can be made."""


class _OrjsonFiles(JSONFileLoader):  # type: ignore[misc] # botocore is untyped
    def load_file(self, file_path: str) -> Any:
        """The document of `<file_path>.json` or `<file_path>.json.gz`, None when there is neither."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return orjson.loads(plain.read_bytes())
        return orjson.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class _FewServices(Loader):  # type: ignore[misc] # as above
    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        return list(SERVICES)


@cache
def _descriptions() -> Loader:
    """One a process: it keeps what it has read."""
    return _FewServices(file_loader=_OrjsonFiles())


def fast_session() -> Session:
    """A session with AWS's usual chain of credentials and settings."""
    session = get_session()
    session.register_component("data_loader", _descriptions())
    return session
