"""Architectures: the networks that turn rows of the token table into logits.

To add an architecture, write one module (or package) with a class that implements `base.Model`, and
add the class to the table below.
"""

from edgemood.models.bag import Bag
from edgemood.models.base import Batch, Model
from edgemood.models.gru import Gru
from edgemood.models.sizes import Sizes
from edgemood.registry import Registry

MODELS: Registry[type[Model]] = Registry(
    "architecture", ((entry.architecture, entry) for entry in (Bag, Gru))
)

__all__ = ["MODELS", "Bag", "Batch", "Gru", "Model", "Sizes"]
