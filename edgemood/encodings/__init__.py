"""Byte layouts of a matrix. The table below is the one place that lists them."""

from edgemood.encodings.base import Weight
from edgemood.encodings.dense import Dense
from edgemood.encodings.integer import Integer
from edgemood.registry import Registry

ENCODINGS: Registry[type[Weight]] = Registry(
    "encoding", ((entry.encoding, entry) for entry in (Dense, Integer))
)

__all__ = ["ENCODINGS", "Dense", "Integer", "Weight"]
