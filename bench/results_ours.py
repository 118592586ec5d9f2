"""Our side of bench.results, as programs for processes of their own: the whole result, and single pages of it.

Each run is a question of its own (`fingerprint`), or the files behind links would be there already.
"""

from typing import Final

_SETUP: Final = """
import io, json, os, sys, time
from datetime import UTC, datetime
from pathlib import Path
import httpx

from app.bootstrap import build_lake
from app.domain.queries import Query, QueryState, ResultColumn, StoredResult
from app.services.result_pages import Place, token
from app.services.results import Wanted
from app.settings import Settings
import arro3.core, arro3.io

TYPES = {"id": "bigint", "k": "int", "name": "varchar", "cat": "varchar", "amount": "decimal", "val": "double",
         "d": "date", "ts": "timestamp"}
bucket, key, path, rows = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024 / 1e6

def resident():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

size = path.stat().st_size
with path.open("rb") as file:
    start = len(file.readline())
columns = tuple(
    ResultColumn(name=n, type=t, **({"precision": 12, "scale": 2} if t == "decimal" else {})) for n, t in TYPES.items()
)
query = Query(
    id="bench", tenant="main", created_by="bench", created_at=datetime.now(UTC), sql="SELECT 1", row_limit=rows,
    max_bytes_scanned=1, state=QueryState.SUCCEEDED, fingerprint=os.urandom(8).hex(), columns=columns,
    result=StoredResult(
        bucket=bucket, key=key, size=size, start=start, end=size, row_count=rows, is_truncated=False
    ),
)
lake = build_lake(Settings())
results = lake.results
results.document(query, Wanted("csv", limit=1))  # the connection is open
def reset():
    Path("/proc/self/clear_refs").write_text("5")
    return resident()
"""

WHOLE: Final = (
    _SETUP
    + """
form, delivery, check = sys.argv[5], sys.argv[6], sys.argv[7]
is_objects, form = form == "objects", "json" if form == "objects" else form
def rows_of(body):
    if form == "json":
        return len(json.loads(body)["rows"])
    if form in ("ndjson", "csv"):
        return body.count(b"\\n")
    import pyarrow as pa, pyarrow.parquet as pq
    if form == "parquet":  # its pool of threads would abort the process's end now and then
        return pq.read_table(io.BytesIO(body), use_threads=False, pre_buffer=False).num_rows
    return pa.ipc.open_stream(body).read_all().num_rows

before, cpu, seen, following = reset(), 0.0, 0, None
while True:
    started = time.process_time()
    wanted = Wanted(form, page_token=following, is_objects=is_objects, is_link=delivery == "link")
    document = results.document(query, wanted)
    cpu += time.process_time() - started
    if check:
        bodies = [document.body]
        if delivery == "link":
            bodies = [httpx.get(link["url"]).content for link in json.loads(document.body)["links"]]
        seen += sum(map(rows_of, bodies))
    following = document.next_page_token
    del document
    if following is None:
        break
if check and form == "csv":
    seen -= 1
print(json.dumps({"cpu_s": cpu, "peak_mb": peak() - before, "rows": seen if check else None}))
"""
)

PAGES: Final = (
    _SETUP
    + """
form, row = sys.argv[5], int(sys.argv[6])
with path.open("rb") as file:
    for _ in range(row + 1):
        file.readline()
    place = Place(file.tell(), row)
wanted = Wanted(form, limit=1000, page_token=token(query, place))
first = results.document(query, wanted)
if form == "json":
    assert json.loads(first.body)["rows"][0][0] == row
before, times = reset(), []
for _ in range(30):
    started = time.process_time()
    results.document(query, wanted)
    times.append(time.process_time() - started)
print(json.dumps({"cpu_s": sorted(times)[15], "peak_mb": peak() - before}))
"""
)
