"""What Athena charges, by the settings' prices, as text in US dollars."""

from app.adapters.athena import Execution
from app.domain.queries import cost_usd
from app.settings import Settings


def of_scan(settings: Settings, bytes_scanned: int, *, statements: int = 1) -> str:
    """Of statements that scan so much together."""
    return cost_usd(
        bytes_scanned,
        usd_per_tb=settings.athena_usd_per_tb,
        minimum_bytes=settings.athena_minimum_bytes * statements,
    )


def of_execution(settings: Settings, execution: Execution) -> str:
    """Failed ones are free, cancelled ones are not."""
    return of_scan(settings, 0 if execution.state == "FAILED" else execution.bytes_scanned)
