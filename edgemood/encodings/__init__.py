"""Byte layouts of a matrix, and the products each of them computes.

To add an encoding, write one module with a class that implements `base.Stored` (or `base.Composite`
for a weight made up of others), and add the class to the table below.
"""

from edgemood.encodings.apot import Apot
from edgemood.encodings.base import Codes, Composite, Stored, Weight
from edgemood.encodings.codebook import Codebook
from edgemood.encodings.dense import Dense
from edgemood.encodings.factored import Factored
from edgemood.encodings.integer import Integer
from edgemood.encodings.sparse import Sparse
from edgemood.encodings.sparse_codebook import SparseCodebook
from edgemood.registry import Registry

ENCODINGS: Registry[type[Stored]] = Registry(
    "encoding",
    ((entry.encoding, entry) for entry in (Dense, Integer, Codebook, Apot, Sparse, SparseCodebook)),
)
COMPOSITES: Registry[type[Composite]] = Registry(
    "composite encoding", ((entry.encoding, entry) for entry in (Factored,))
)
"""Encodings whose parts are weights in their own encodings."""

__all__ = [
    "COMPOSITES",
    "ENCODINGS",
    "Apot",
    "Codebook",
    "Codes",
    "Composite",
    "Dense",
    "Factored",
    "Integer",
    "Sparse",
    "SparseCodebook",
    "Stored",
    "Weight",
]
