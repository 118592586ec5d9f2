"""Every option Headgate has, read once from the environment (`HEADGATE_*`).

docs/settings.md lists them; a test checks it.
"""

import json
import os
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_PREFIX = "HEADGATE_"
_LISTS = frozenset({"cors_origins"})


class Settings(BaseModel):
    """Frozen; sizes in bytes, times in seconds unless the name says otherwise.

    What is not given comes from the environment, lists as JSON. The package pydantic-settings does this too, for 20 ms
    of every cold start. Raises ValidationError that names the setting.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str = Field("dev", description="Name of the deployment, shown in logs.")
    aws_region: str = Field("us-east-1", description="Region of every AWS client.")
    home_tenant: str = Field(
        "main", description="The company's own tenant: its Glue databases carry the bare namespace as name."
    )

    table_name: str = Field("headgate", description="The DynamoDB table.")
    intake_bucket: str = Field("headgate-intake", description="Where partners drop files.")
    pristine_bucket: str = Field("headgate-pristine", description="Tier 1: originals, as they came.")
    curated_bucket: str = Field("headgate-curated", description="Tier 2: Parquet written by jobs.")
    business_bucket: str = Field("headgate-business", description="Tier 3: business data.")
    results_bucket: str = Field("headgate-results", description="Query results; expire by lifecycle rule.")
    events_queue: str = Field("headgate-events", description="SQS queue of S3 and Athena events.")

    workgroup_small: str = Field("headgate-s", description="Athena workgroup for queries of up to 1 GB.")
    workgroup_medium: str = Field("headgate-m", description="Athena workgroup for queries of up to 100 GB.")
    workgroup_large: str = Field("headgate-l", description="Athena workgroup for jobs and larger queries.")
    athena_usd_per_tb: Decimal = Field(Decimal(5), description="Price of a scanned TB (2^40 bytes).")
    athena_minimum_bytes: int = Field(10_000_000, description="Least bytes billed per query.")
    athena_active_queries: int = Field(
        20,
        ge=1,
        description="Statements that Athena lets an account have at once, queued ones included (20-200 by region).",
    )
    athena_reserved_queries: int = Field(
        5, ge=0, description="How many of them the statements of runs leave to queries of people; fewer than all."
    )

    work_in_requests: bool = Field(
        default=True,
        description="Whether a request takes a run or a replayed file on itself; else the events function does.",
    )

    upload_expiry_seconds: int = Field(900, description="How long a drop-off URL works.")
    multipart_threshold_bytes: int = Field(5 * 2**30, description="Above it an upload is multipart.")
    upload_grace_seconds: int = Field(
        3_600, description="How long after its URL expires a file may arrive before it shows as `expired`."
    )
    file_lease_seconds: int = Field(
        900, description="When a file whose worker died is taken up by another: as long as a Lambda may run."
    )
    sweep_interval_seconds: int = Field(900, description="How often the intake bucket is searched for lost files.")
    sweep_age_seconds: int = Field(300, description="Younger objects are left to their events.")
    intake_kept_seconds: int = Field(
        86_400, description="How long a dropped object stays once the pristine bucket holds it."
    )
    full_parse_bytes: int = Field(
        64 * 2**20,
        description="Larger files are verified by head and checksum at the door, the rest by Athena.",
    )
    max_inflated_bytes: int = Field(2 * 2**30, description="A file that inflates beyond it is a bomb.")
    max_inflation_ratio: int = Field(1000, description="A file that inflates by more than this is a bomb.")

    default_row_limit: int = Field(10_000, description="Rows of a query that names no row_limit.")
    max_row_limit: int = Field(1_000_000, description="Most rows a query may ask for.")
    default_max_bytes_scanned: int = Field(10**12, description="Scan limit of a query that names none.")
    principal_active_queries: int = Field(
        10, ge=1, description="Queries that one principal may have at Athena at once; the next ones wait in line."
    )
    principal_waiting_queries: int = Field(
        100, ge=0, description="Queries of one principal that may wait in line; more are refused with 429."
    )
    principal_daily_bytes: int = Field(
        10**13, ge=1, description="Bytes that the queries of one principal may scan in a day (UTC)."
    )
    query_lease_seconds: int = Field(
        600, ge=1, description="A query that nobody has looked at for this long is stopped."
    )
    usage_kept_days: int = Field(400, ge=1, description="How long `/v1/usage` reaches back.")
    counted_result_bytes: int = Field(
        256 * 2**20, description="Largest result whose rows are counted when it comes in: a quarter of a second's work."
    )
    inline_result_bytes: int = Field(4_500_000, description="Largest result page sent inline (Lambda: 6 MB of Base64).")
    versions_kept: int = Field(5, description="Published versions of a dataset that stay readable.")
    version_grace_seconds: int = Field(
        14_400,
        description="How long a superseded version stays at least: as long as an Athena query may run (240 min).",
    )
    files_per_run: int = Field(
        5_000, description="Most new files that one incremental or merging run takes; the next follows by itself."
    )
    loads_per_version: int = Field(
        50, description="Runs whose files may lie beside each other before an incremental version is written anew."
    )
    run_lease_seconds: int = Field(60, description="How long a worker may hold a run before another takes over.")

    idempotency_ttl_seconds: int = Field(86_400, description="How long an Idempotency-Key is remembered.")
    idempotency_lease_seconds: int = Field(60, description="When a holder that died is taken over.")
    max_body_bytes: int = Field(1_000_000, description="Largest JSON request body.")
    max_wait_seconds: int = Field(25, description="Most that `Prefer: wait=N` waits (API Gateway allows 30 s).")
    wait_poll_ms: int = Field(100, description="How often a waiting request looks, in milliseconds.")

    cors_origins: tuple[str, ...] = Field((), description="Origins a browser may call from (JSON list).")
    jwt_issuer: str | None = Field(None, description="Issuer of accepted JWTs; None: no JWTs are accepted.")
    jwt_audience: str | None = Field(None, description="Audience a JWT must carry.")
    jwt_jwks_url: str | None = Field(
        None, description="JWKS to verify JWTs with, where no API Gateway has verified them."
    )
    jwt_tenant_claim: str = Field("custom:tenant", description="Claim that names the tenant.")
    trust_gateway_claims: bool = Field(
        default=False, description="Take identity from API Gateway's JWT authorizer (set on Lambda only)."
    )
    api_key_cache_seconds: int = Field(30, description="How long a verified API key is trusted without a read.")
    saved_query_cache_seconds: int = Field(
        30, description="How long a chart with a max_age is sent from memory without a look at its saved query."
    )
    chart_memory_bytes: int = Field(32 * 2**20, description="Charts that a process keeps in memory; 0: none.")
    link_base_url: str | None = Field(
        None, description="Where signed links lead, e.g. `https://example.com`; None: where they were asked for."
    )
    link_secret: str | None = Field(
        None, min_length=16, description="Signs links to charts and results of saved queries; None: links are off."
    )

    @model_validator(mode="after")
    def _runs_have_a_share(self) -> Self:
        if self.athena_reserved_queries >= self.athena_active_queries:
            raise ValueError("athena_reserved_queries must be smaller than athena_active_queries")
        return self

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        found = {
            name.removeprefix(_PREFIX).lower(): text for name, text in os.environ.items() if name.startswith(_PREFIX)
        }
        return {name: _listed(name, text) if name in _LISTS else text for name, text in found.items()} | given


def _listed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f'{_PREFIX}{name.upper()} must be a list as JSON, e.g. ["https://example.com"]') from error
