"""The beginning of a file, sent to learn its schema. Pure."""

import base64
import binascii
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.errors import InvalidInput


class Sample(BaseModel):
    """The first lines of a file: as text, or as base64 where the bytes matter (encoding, compression, Parquet)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"sample": "flight_id,carrier,dep_delay\n1,UA,2.5\n2,AA,NA\n"}]},
    )

    sample: str | None = Field(None, min_length=1)
    sample_base64: str | None = Field(None, min_length=4)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.sample is None) == (self.sample_base64 is None):
            raise ValueError("send either sample or sample_base64")
        return self

    def bytes(self) -> bytes:
        """InvalidInput when it is no base64."""
        if self.sample is not None:
            return self.sample.encode()
        try:
            return base64.b64decode(self.sample_base64 or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("sample_base64 is not base64; send standard base64 with padding.") from error


class HeaderSample(Sample):
    """The first lines of a file whose header every file of the dataset must have."""

    header_order: Literal["exact", "any"] = Field("exact", description="Whether the order of the columns counts.")
