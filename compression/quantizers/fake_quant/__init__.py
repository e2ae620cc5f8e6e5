"""Fake quantization: the forward pass uses the stored values, gradients pass straight through."""

from compression.quantizers.fake_quant.apot import ApotWeight
from compression.quantizers.fake_quant.base import InputQuantizer, WeightQuantizer
from compression.quantizers.fake_quant.buckets import bucketize
from compression.quantizers.fake_quant.clustered import ClusteredWeight
from compression.quantizers.fake_quant.factored import FactoredWeight
from compression.quantizers.fake_quant.inputs import DynamicInput, StaticInput
from compression.quantizers.fake_quant.pruned import PrunedWeight, largest_magnitudes
from compression.quantizers.fake_quant.uniform import (
    FloatWeight,
    LsqWeight,
    MinMaxWeight,
    plain_quantizer,
)

__all__ = [
    "ApotWeight",
    "ClusteredWeight",
    "DynamicInput",
    "FactoredWeight",
    "FloatWeight",
    "InputQuantizer",
    "LsqWeight",
    "MinMaxWeight",
    "PrunedWeight",
    "StaticInput",
    "WeightQuantizer",
    "bucketize",
    "largest_magnitudes",
    "plain_quantizer",
]
