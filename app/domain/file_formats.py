"""How a dataset's files are written, as far as somebody said so. Pure."""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.schemas import MAX_COLUMNS

ClassifierName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,127}$")]
HeaderName = Annotated[str, Field(max_length=4_096)]
_COMPRESSIONS: Final[dict[str, frozenset[str]]] = {
    "csv": frozenset({"none", "gzip", "zstd"}),
    "tsv": frozenset({"none", "gzip", "zstd"}),
    "json": frozenset({"none", "gzip", "zstd"}),
    "text": frozenset({"none", "gzip", "zstd"}),
    "parquet": frozenset({"none", "gzip", "zstd", "snappy"}),
}


class FileFormat(BaseModel):
    """How a dataset's files are written. What is left out is found out, file by file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["csv", "tsv", "json", "parquet", "text"] | None = Field(
        None, description="json: one object a line. text: lines that a classifier of yours takes apart."
    )
    classifier: ClassifierName | None = Field(None, description="Whose pattern reads the lines of a text file.")
    compression: Literal["none", "gzip", "zstd", "snappy"] | None = Field(
        None, description="Of the file; for Parquet, of its pages."
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(None, description="One character.")
    header: bool | None = Field(None, description="Whether the first line names the columns.")
    null_value: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="Text that means NULL, besides the empty text."
    )

    agreed_header: Annotated[tuple[HeaderName, ...], Field(min_length=1, max_length=MAX_COLUMNS)] | None = Field(
        None, description="The names that every file's header must have, to the letter."
    )
    header_order: Literal["exact", "any"] | None = Field(
        None, description="Whether they must stand in this order, too; `exact` when left out."
    )

    @property
    def is_open(self) -> bool:
        """Whether nothing is said of how the text is laid out, so that it is to be found out."""
        return (self.type, self.delimiter, self.header, self.agreed_header) == (None,) * 4

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.compression and self.type and self.compression not in _COMPRESSIONS[self.type]:
            raise ValueError(f"{self.type} files cannot be {self.compression}")
        if (self.classifier is not None) != (self.type == "text"):
            raise ValueError("text files need a classifier, and only they have one")
        if self.delimiter is not None and self.type in {"json", "parquet", "text"}:
            raise ValueError("only csv has a delimiter")
        if self.agreed_header is not None and (self.header is False or self.type not in {None, "csv", "tsv"}):
            raise ValueError("only csv files with a header have an agreed one")
        if self.header_order is not None and self.agreed_header is None:
            raise ValueError("header_order is that of agreed_header; give both")
        if self.header and self.type == "text":
            raise ValueError("a text file has no header; let the classifier skip its first lines")
        if self.delimiter is not None and (self.delimiter in '"\r\n\0' or self.delimiter.isalnum()):
            raise ValueError("a delimiter is no letter, digit, quote or line break")
        return self
