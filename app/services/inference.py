"""Schemas from samples."""

from pydantic import BaseModel

from app.domain.access import Principal
from app.domain.classifiers import Tried
from app.domain.file_formats import FileFormat
from app.domain.files import Complaint
from app.domain.samples import Sample
from app.domain.schemas import Column
from app.services.datasets import Datasets
from app.services.verification import Verification, complaint, complaints


class Inferred(BaseModel):
    """What a sample says about itself."""

    format: FileFormat
    encoding: str
    row_count: int | None
    columns: tuple[Column, ...]
    problems: tuple[Complaint, ...]
    left_out: Complaint | None = None
    classifiers: tuple[Tried, ...] = ()


class Inference:
    """Reads samples; stores nothing."""

    def __init__(self, datasets: Datasets, verification: Verification) -> None:
        self._datasets = datasets
        self._verification = verification

    def infer(self, principal: Principal, dataset_id: str, sample: Sample) -> Inferred:
        """As the first file of the dataset would be read."""
        from app.intake.verify import verify

        dataset = self._datasets.get(principal, dataset_id)
        report = verify([sample.bytes()], self._verification.declared(dataset, None), self._verification.limits)
        dialect = report.dialect
        return Inferred(
            format=FileFormat(
                type="tsv" if dialect.format == "csv" and dialect.delimiter == "\t" else dialect.format,
                classifier=report.classifier.name if report.classifier is not None else None,
                compression=dialect.compression,
                delimiter=dialect.delimiter if dialect.format == "csv" else None,
                header=dialect.has_header if dialect.format == "csv" else None,
            ),
            encoding=dialect.encoding,
            row_count=report.rows,
            columns=report.columns,
            problems=complaints(report),
            left_out=complaint(report.left_out),
            classifiers=report.tried,
        )
