"""GetQueryResults and GetQueryRuntimeStatistics: what a finished query left."""

import json
from pathlib import Path
from typing import Any

from local.athena import objects, results
from local.athena.errors import Refused
from local.athena.jobs import columns_of
from local.athena.paging import encoded, place_of
from local.athena.records import find

_TIMES = ("QueryQueueTimeInMillis", "ServicePreProcessingTimeInMillis", "QueryPlanningTimeInMillis",
          "EngineExecutionTimeInMillis", "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis")  # fmt: skip


def get_results(request: dict[str, Any], work_dir: Path) -> dict[str, Any]:
    """GetQueryResults: pages of up to 1,000 rows; the first row of a SELECT is its header."""
    record = find(request)
    state = record["Status"]["State"]
    if state in ("QUEUED", "RUNNING"):
        raise Refused(f"Query has not yet finished. Current state: {state}")
    if state != "SUCCEEDED":
        raise Refused(f"Query did not finish successfully. Final query state: {state}")
    size = int(request.get("MaxResults") or results.MAX_ROWS)
    token = request.get("NextToken")
    if request.get("QueryResultType") == "DATA_MANIFEST":
        columns, (rows, following) = [results.Column("manifest", "varchar")], _manifest(record, token, size, work_dir)
    else:
        columns = columns_of(record)
        rows, following = _rows(record, len(columns), token, size, work_dir)
    answer: dict[str, Any] = {
        "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": [c.info() for c in columns]}},
        "UpdateCount": record.get("_updated") or 0,
    }
    if following:
        answer["NextToken"] = following
    return answer


def _rows(
    record: dict[str, Any], width: int, token: str | None, size: int, work_dir: Path
) -> tuple[list[dict[str, Any]], str | None]:
    if record.get("_updated") is not None:
        place_of(token, "line")
        return [], None
    path = _stored(record["ResultConfiguration"]["OutputLocation"], work_dir)
    if record.get("_has_header"):
        return results.page(path, width, token, size)
    return _lines(path, token, size)


def _manifest(
    record: dict[str, Any], token: str | None, size: int, work_dir: Path
) -> tuple[list[dict[str, Any]], str | None]:
    """DATA_MANIFEST: the files that a CTAS, INSERT or UNLOAD wrote, one a row."""
    location = record["Statistics"].get("DataManifestLocation")
    if not location:
        raise Refused("Query result type DATA_MANIFEST is not available for this query: it wrote no data manifest")
    return _lines(_stored(location, work_dir), token, size)


def _lines(path: Path, token: str | None, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """Tab-separated lines without a header."""
    lines = path.read_text().split("\n")[:-1]
    start = place_of(token, "line")
    rows = [{"Data": [{"VarCharValue": line}]} for line in lines[start : start + size]]  # tabs and all, as Hive prints
    return rows, encoded("line", start + size) if start + size < len(lines) else None


def _stored(location: str, work_dir: Path) -> Path:
    bucket, key = objects.split_uri(location)
    found = objects.find(bucket, key, work_dir)
    if found is None:
        raise Refused(f"Could not find results at s3://{bucket}/{key}")
    return Path(found.path)


def statistics(request: dict[str, Any], work_dir: Path) -> dict[str, Any]:
    """GetQueryRuntimeStatistics of a query that SUCCEEDED or FAILED: the timeline; of a success, also rows and stage.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryRuntimeStatistics.html
    """
    record = find(request)
    held = record["Statistics"]
    state = record["Status"]["State"]
    if state not in ("SUCCEEDED", "FAILED"):  # nothing before, and nothing for what was cancelled
        return {"QueryRuntimeStatistics": {}}
    answer: dict[str, Any] = {"Timeline": {name: held.get(name, 0) for name in _TIMES}}
    if state == "SUCCEEDED" and record["StatementType"] != "UTILITY":
        stage = json.loads(record.get("_stage") or "{}")
        rows = {
            "InputRows": stage.get("InputRows", 0),
            "InputBytes": held["DataScannedInBytes"],
            "OutputBytes": _output_bytes(record, work_dir),
            "OutputRows": record.get("_rows") or 0,
        }
        answer["Rows"] = rows
        if stage:
            answer["OutputStage"] = {
                **rows,
                "StageId": 0,
                "State": "FINISHED",
                "ExecutionTime": held["EngineExecutionTimeInMillis"],
                "QueryStagePlan": stage["QueryStagePlan"],
                "SubStages": [],
            }
    return {"QueryRuntimeStatistics": answer}


def _output_bytes(record: dict[str, Any], work_dir: Path) -> int:
    """The size of the result object; of a writing query, of all that its manifest names and that is still there."""
    manifest = record["Statistics"].get("DataManifestLocation")
    locations = [record["ResultConfiguration"]["OutputLocation"]]
    if manifest:
        bucket, key = objects.split_uri(manifest)
        listed = objects.find(bucket, key, work_dir)
        locations = Path(listed.path).read_text().splitlines() if listed else []
    found = [objects.find(*objects.split_uri(location), work_dir) for location in locations if location]
    return sum(one.size for one in found if one is not None)
