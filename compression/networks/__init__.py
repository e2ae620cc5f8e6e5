"""Trainable networks, one for each model of `edgemood.models`.

An architecture is one module, with its settings, weight roles, hidden units and folding, and one
member of the union below.
"""

from typing import Annotated, get_args

from pydantic import Field

from compression.networks.bag import BagSettings
from compression.networks.base import (
    TABLE,
    Matrix,
    PositiveInt,
    Probability,
    Role,
    TrainableModel,
)
from compression.networks.gru import GruSettings
from compression.networks.quantizer import Quantizer
from compression.networks.units import Slice, UnitGroup

ModelSettings = Annotated[BagSettings | GruSettings, Field(discriminator="architecture")]

ARCHITECTURES: tuple[str, ...] = tuple(
    settings.model_fields["architecture"].default
    for settings in get_args(get_args(ModelSettings)[0])
)
"""The values of `architecture` in recipes and manifests."""

__all__ = [
    "ARCHITECTURES",
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
