"""The one record of the search for lost files."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.domain.sweeps import Sweep


class SweepStore(Records[Sweep]):
    model = Sweep
    noun = "sweep"

    def get(self) -> Sweep:
        """A new one before the first."""
        return self._find(keys.sweep()) or Sweep()

    def put(self, sweep: Sweep) -> Sweep:
        """Conditional on the revision."""
        return self._put(keys.sweep(), sweep)
