"""A small reading of IAM: what the product's calls of AWS need, and whether a role of the template has it.

Resources are compared by the names that the template gives them, actions by AWS's own names. Conditions are looked at
where they are about DynamoDB's leading keys.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any, NamedTuple

_PUTS = {"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}


class Need(NamedTuple):
    """One action on one resource. `keys`: the partition keys that DynamoDB is asked about."""

    action: str
    resource: str
    keys: frozenset[str] = frozenset()


class Recorder:
    """Notes what the clients of a lake ask of AWS, presigned URLs included."""

    def __init__(self, lake: Any) -> None:
        self._tiers = {
            getattr(lake.settings, f"{tier}_bucket"): f"{tier.capitalize()}Bucket"
            for tier in ("intake", "pristine", "curated", "business", "results")
        }
        self.needs: set[Need] = set()
        lake.aws._session.register("before-parameter-build", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        found = getattr(self, f"_{service}", self._other)(service, model.name, params)
        self.needs |= set(found)

    def _other(self, service: str, operation: str, _: dict[str, Any]) -> Iterator[Need]:
        yield Need(f"{service}:{operation}", {"athena": "workgroup/", "glue": "table/", "sqs": "EventsQueue"}[service])

    def _s3(self, _: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
        tier = self._tiers[params["Bucket"]]
        if operation in {"CopyObject", "UploadPartCopy"}:
            bucket, _, rest = str(params["CopySource"]).partition("/")  # botocore has put it together already
            yield Need("s3:GetObjectVersion" if "versionId=" in rest else "s3:GetObject", self._tiers[bucket])
            yield Need("s3:PutObject", tier)
        elif operation in {"GetObject", "HeadObject"}:
            yield Need("s3:GetObjectVersion" if "VersionId" in params else "s3:GetObject", tier)
        elif operation == "DeleteObjects":
            is_version = any("VersionId" in one for one in params["Delete"]["Objects"])
            yield Need("s3:DeleteObjectVersion" if is_version else "s3:DeleteObject", tier)
        else:
            known = {"ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions"}
            yield Need(f"s3:{'PutObject' if operation in _PUTS else known.get(operation, operation)}", tier)

    def _dynamodb(self, _: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
        if operation == "TransactWriteItems":
            for entry in params["TransactItems"]:
                ((kind, one),) = entry.items()
                yield Need(f"dynamodb:{kind}Item", "Table", _keys(one))
        elif operation in {"BatchGetItem", "BatchWriteItem"}:
            keys = frozenset(one["S"] for one in _values(params["RequestItems"], "pk"))
            yield Need(f"dynamodb:{operation}", "Table", keys)
        elif operation == "Query":
            resource = f"index/{params['IndexName']}" if "IndexName" in params else "Table"
            yield Need("dynamodb:Query", resource, frozenset([params["ExpressionAttributeValues"][":p"]["S"]]))
        else:
            yield Need(f"dynamodb:{operation}", "Table", _keys(params))


def is_allowed(statements: list[dict[str, Any]], need: Need) -> bool:
    """Whether a role may, by its own policy: allowed by one statement and denied by none."""
    speaking = [
        one for one in statements if need.action in one["Action"] and need.resource in json.dumps(one["Resource"])
    ]
    allows = [one for one in speaking if one["Effect"] == "Allow" and _holds(one, need)]
    return bool(allows) and not any(one["Effect"] == "Deny" and _holds(one, need) for one in speaking)


def _holds(statement: dict[str, Any], need: Need) -> bool:
    for operator, condition in statement.get("Condition", {}).items():
        patterns = condition.get("dynamodb:LeadingKeys")
        if patterns is None:
            return False
        found = [any(fnmatch(key, pattern) for pattern in patterns) for key in need.keys]
        if not (all(found) if operator.startswith("ForAllValues") else any(found)):
            return False
    return True


def _keys(request: dict[str, Any]) -> frozenset[str]:
    return frozenset([(request.get("Item") or request["Key"])["pk"]["S"]])


def _values(document: Any, name: str) -> Iterator[Any]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key == name:
                yield value
            else:
                yield from _values(value, name)
    elif isinstance(document, list):
        for one in document:
            yield from _values(one, name)
