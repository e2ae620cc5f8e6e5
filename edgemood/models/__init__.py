"""Architectures. The table below is the one place that lists them."""

from edgemood.models.bag import Bag
from edgemood.models.base import Batch, Model, Sizes
from edgemood.models.gru.model import Gru
from edgemood.registry import Registry

MODELS: Registry[type[Model]] = Registry(
    "architecture", ((entry.architecture, entry) for entry in (Bag, Gru))
)

__all__ = ["MODELS", "Bag", "Batch", "Gru", "Model", "Sizes"]
