"""Trainable networks, one per model of `edgemood.models`; the union below lists them."""

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
    TrainableModel,
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
    "TrainableModel",
    "UnitGroup",
]
