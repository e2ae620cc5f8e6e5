"""Torch twins of `edgemood.models`. The union below is the one place that lists them."""

from typing import Annotated

from pydantic import Field

from compression.networks.bag import BagSettings
from compression.networks.base import (
    TABLE,
    Matrix,
    PositiveInt,
    Probability,
    Quantizer,
    Role,
    Slice,
    Twin,
    UnitGroup,
)
from compression.networks.gru import GruSettings

ModelSettings = Annotated[BagSettings | GruSettings, Field(discriminator="architecture")]

__all__ = [
    "TABLE",
    "BagSettings",
    "GruSettings",
    "Matrix",
    "ModelSettings",
    "PositiveInt",
    "Probability",
    "Quantizer",
    "Role",
    "Slice",
    "Twin",
    "UnitGroup",
]
