"""Headers agreed on by a sample, before the first file and before any schema."""

from app.domain.access import Principal
from app.domain.datasets import DatasetPatch
from app.domain.errors import InvalidInput
from app.domain.file_formats import FileFormat
from app.domain.samples import HeaderSample
from app.intake.models import IntakeError
from app.services.datasets import Datasets
from app.services.verification import Verification


class HeaderSamples:
    """Takes a sample's header for the one that every file must have."""

    def __init__(self, datasets: Datasets, verification: Verification) -> None:
        self._datasets = datasets
        self._verification = verification

    def agree(self, principal: Principal, dataset_id: str, sample: HeaderSample, revision: int) -> None:
        """InvalidInput when the sample has no header that can be read; PreconditionFailed when the dataset changed."""
        from app.intake.agreed_header import header_of

        dataset = self._datasets.get(principal, dataset_id)
        form = dataset.format or FileFormat()
        if form.type not in {None, "csv", "tsv"} or form.header is False:
            raise InvalidInput(f"Files of {dataset.id} have no header by their format; change the format first.")
        try:
            header = header_of([sample.bytes()], self._verification.declared(dataset, None), self._verification.limits)
        except IntakeError as error:
            problem = error.problem
            raise InvalidInput(
                f"The sample has no header that can be read ({problem.code}): expected {problem.expected}, "
                f"found {problem.found}."
            ) from error
        agreed = form.model_copy(update={"agreed_header": header, "header_order": sample.header_order})
        self._datasets.change(principal, dataset_id, DatasetPatch(format=agreed), revision)
