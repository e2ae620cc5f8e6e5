"""Byte layouts of a matrix. The two tables below are the one place that lists them."""

from edgemood.encodings.apot import Apot
from edgemood.encodings.base import Composite, Stored, Weight
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
"""Encodings whose parts are weights in encodings of their own."""

__all__ = [
    "COMPOSITES",
    "ENCODINGS",
    "Apot",
    "Codebook",
    "Composite",
    "Dense",
    "Factored",
    "Integer",
    "Sparse",
    "SparseCodebook",
    "Stored",
    "Weight",
]
