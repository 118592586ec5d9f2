"""What a restart of the embedded stack leaves of Athena's state."""

import time
from typing import Any

from local.provision import Clients
from local.stack import running_stack

LONG = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) c(z) WHERE x * y % 7 = z"
)


def _start(athena: Any, sql: str, **more: Any) -> str:
    place = {"OutputLocation": "s3://results-bucket/r/"}
    return str(athena.start_query_execution(QueryString=sql, ResultConfiguration=place, **more)["QueryExecutionId"])


def _state(athena: Any, identifier: str) -> str:
    return str(athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]["State"])


def test_results_survive_and_what_ran_has_failed(data_dir):
    with running_stack(data_dir) as first:
        clients = Clients(first.endpoint_url)
        clients.of("s3").create_bucket(Bucket="results-bucket")
        athena = clients.of("athena")
        athena.create_work_group(Name="kept", Configuration={"BytesScannedCutoffPerQuery": 20_000_000})
        athena.create_prepared_statement(StatementName="by_value", WorkGroup="kept", QueryStatement="SELECT ?")
        athena.create_capacity_reservation(Name="kept", TargetDpus=24)
        ended, running = _start(athena, "SELECT 5 AS five", ClientRequestToken="k" * 40), _start(athena, LONG)
        deadline = time.monotonic() + 30
        while _state(athena, ended) != "SUCCEEDED" or _state(athena, running) != "RUNNING":
            assert time.monotonic() < deadline, (_state(athena, ended), _state(athena, running))
            time.sleep(0.01)
    with running_stack(data_dir) as second:
        athena = Clients(second.endpoint_url).of("athena")
        rows = athena.get_query_results(QueryExecutionId=ended)["ResultSet"]["Rows"]
        assert [r["Data"][0]["VarCharValue"] for r in rows] == ["five", "5"]
        assert _state(athena, running) == "FAILED"
        assert _start(athena, "SELECT 5 AS five", ClientRequestToken="k" * 40) == ended
        assert athena.get_capacity_reservation(Name="kept")["CapacityReservation"]["TargetDpus"] == 24
        config = athena.get_work_group(WorkGroup="kept")["WorkGroup"]["Configuration"]
        assert config["BytesScannedCutoffPerQuery"] == 20_000_000
        assert (
            athena.get_prepared_statement(StatementName="by_value", WorkGroup="kept")["PreparedStatement"][
                "QueryStatement"
            ]
            == "SELECT ?"
        )
