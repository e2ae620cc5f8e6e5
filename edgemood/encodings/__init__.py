"""Byte layouts of a matrix. The table below is the one place that lists them."""

from edgemood.encodings.apot import Apot
from edgemood.encodings.base import Weight
from edgemood.encodings.codebook import Codebook
from edgemood.encodings.dense import Dense
from edgemood.encodings.integer import Integer
from edgemood.encodings.sparse import Sparse
from edgemood.registry import Registry

ENCODINGS: Registry[type[Weight]] = Registry(
    "encoding", ((entry.encoding, entry) for entry in (Dense, Integer, Codebook, Apot, Sparse))
)

__all__ = ["ENCODINGS", "Apot", "Codebook", "Dense", "Integer", "Sparse", "Weight"]
