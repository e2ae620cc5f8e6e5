"""What every encoding guarantees, for the whole table."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgemood.encodings import (
    COMPOSITES,
    ENCODINGS,
    Apot,
    Codebook,
    Composite,
    Dense,
    Factored,
    Integer,
    Sparse,
    SparseCodebook,
    Stored,
)
from edgemood.errors import LayoutError, UnknownNameError
from edgemood.quantization.affine import (
    asymmetric_grid,
    binarize,
    full_range,
    narrow_range,
    quantize,
    symmetric_grid,
)
from edgemood.quantization.bits import pack
from edgemood.quantization.input_quantization import InputQuantization

Encode = Callable[[np.ndarray], Stored]


def integer(bits: int, **settings: object) -> Encode:
    def encode(values: np.ndarray) -> Stored:
        grid = symmetric_grid(np.abs(values).max(axis=1, keepdims=True), bits=bits)
        return Integer.encode(
            quantize(values, grid, narrow_range(bits)), grid, bits=bits, **settings
        )

    return encode


def integer_asymmetric(values: np.ndarray) -> Stored:
    low, high = values.min(keepdims=True), values.max(keepdims=True)
    grid = asymmetric_grid(low, high, bits=6)
    return Integer.encode(quantize(values, grid, full_range(6)), grid, bits=6)


def binary(values: np.ndarray) -> Stored:
    grid = symmetric_grid(np.abs(values).mean(axis=1, keepdims=True), bits=1)
    return Integer.encode(binarize(values), grid, bits=1)


def sparse_codebook(k: int, **settings: object) -> Encode:
    def encode(values: np.ndarray) -> Stored:
        centroids = np.linspace(-2, 2.5, k, dtype=np.float32)
        nearest = centroids[np.abs(values[..., None] - centroids).argmin(axis=-1)]
        kept = np.where(np.abs(values) > 0.5, nearest, 0)
        return SparseCodebook.encode(kept, centroids, **settings)

    return encode


def codebook(k: int, **settings: object) -> Encode:
    def encode(values: np.ndarray) -> Stored:
        centroids = np.linspace(values.min(), values.max(), k, dtype=np.float32)
        indices = np.abs(values[..., None] - centroids).argmin(axis=-1)
        return Codebook.encode(indices, centroids, **settings)

    return encode


def apot(bits: int, base_bits: int, **settings: object) -> Encode:
    def encode(values: np.ndarray) -> Stored:
        alpha = np.abs(values).max(axis=1, keepdims=True) + np.float32(0.1)
        return Apot.encode(values, alpha, bits=bits, base_bits=base_bits, **settings)

    return encode


STATIC = InputQuantization.static(-3, 3)
DYNAMIC = InputQuantization("dynamic")
EXAMPLES: dict[str, Encode] = {
    "dense 32": Dense.encode,
    "dense 16": lambda values: Dense.encode(values, bits=16),
    "integer 8": integer(8),
    "integer 5": integer(5),
    "integer 2": integer(2),
    "integer 1": binary,
    "integer 6, zero point, one scale": integer_asymmetric,
    "integer 8, dynamic": integer(8, input_quantization=DYNAMIC),
    "integer 8, static": integer(8, input_quantization=STATIC),
    "codebook 64": codebook(64),
    "codebook 5": codebook(5),
    "codebook 1": codebook(1),
    "codebook 16, static": codebook(16, input_quantization=STATIC),
    "apot 5, 2": apot(5, 2),
    "apot 4, 1": apot(4, 1),
    "apot 4, 3": apot(4, 3),
    "sparse": lambda values: Sparse.encode(np.where(np.abs(values) > 1, values, 0)),
    "sparse 16": lambda values: Sparse.encode(np.where(values > 0, values, 0), bits=16),
    "sparse codebook 6": sparse_codebook(6),
    "sparse codebook 1": sparse_codebook(1),
    "sparse codebook 200, static": sparse_codebook(200, input_quantization=STATIC),
    "apot 5, 2, dynamic": apot(5, 2, input_quantization=DYNAMIC),
}


def values_of(seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    shape = generator.integers(1, 12, size=2)
    return generator.normal(size=shape).astype(np.float32)


examples = pytest.mark.parametrize("encode", EXAMPLES.values(), ids=EXAMPLES.keys())
seeds = st.integers(0, 2**32 - 1)


def test_every_encoding_is_tested() -> None:
    assert {encode(values_of(0)).encoding for encode in EXAMPLES.values()} == set(ENCODINGS)


@examples
@given(seed=seeds)
def test_stored_weights_are_restored_bit_for_bit(encode: Encode, seed: int) -> None:
    weight = encode(values_of(seed))
    again = type(weight).from_stored(weight.shape, weight.settings(), weight.arrays())
    ids = np.arange(weight.shape[0], dtype=np.int32)
    assert again.shape == weight.shape
    assert again.settings() == weight.settings()
    np.testing.assert_array_equal(again.rows(ids), weight.rows(ids))
    x = values_of(seed + 1)[:, :1].repeat(weight.shape[1], axis=1)
    np.testing.assert_array_equal(again.matmul(x), weight.matmul(x))


@examples
@given(seed=seeds)
def test_rows_are_those_of_the_whole_matrix_in_the_order_asked(encode: Encode, seed: int) -> None:
    weight = encode(values_of(seed))
    whole = weight.rows(np.arange(weight.shape[0], dtype=np.int32))
    ids = np.random.default_rng(seed).integers(0, weight.shape[0], size=7).astype(np.int32)
    assert weight.rows(ids).dtype == np.float32
    np.testing.assert_array_equal(weight.rows(ids), whole[ids])


@examples
@given(seed=seeds)
def test_matmul_is_the_product_with_the_decoded_rows(encode: Encode, seed: int) -> None:
    weight = encode(values_of(seed))
    generator = np.random.default_rng(seed)
    x = generator.uniform(-3, 3, size=(4, weight.shape[1])).astype(np.float32)
    whole = weight.rows(np.arange(weight.shape[0], dtype=np.int32)).astype(np.float64)
    quantized = weight.settings().get("activations", "none") != "none"
    # An 8-bit input over a range of six is off by half a step of 6/255, and half for its zero.
    slack = 6 / 255 * np.abs(whole).sum(axis=1) if quantized else 0
    product = weight.matmul(x)
    assert product.dtype == np.float32
    assert (np.abs(product - x @ whole.T) <= slack + 1e-4).all()


@examples
@given(seed=seeds)
def test_the_float_product_is_the_same_product(encode: Encode, seed: int) -> None:
    weight = encode(values_of(seed))
    x = np.random.default_rng(seed).normal(size=(4, weight.shape[1])).astype(np.float32)
    found = weight.as_float_product()
    if found is None:
        assert isinstance(weight, Integer)  # integer products are exact, float products round
        assert weight.input_quantization.quantized
        return
    scale = np.float32(1) if found.scale is None else found.scale
    product = (found.input_quantization.fake_quantize(x) @ found.matrix) * scale
    np.testing.assert_allclose(product, weight.matmul(x), rtol=1e-5, atol=1e-6)


@examples
@given(seed=seeds)
def test_codes_are_the_packed_content_of_stored_arrays(encode: Encode, seed: int) -> None:
    weight = encode(values_of(seed))
    arrays, codes = weight.arrays(), weight.codes()
    integers = {name for name, array in arrays.items() if array.dtype == np.uint8}
    assert set(codes) == integers
    for name, (values, bits) in codes.items():
        assert values.dtype.kind == "u"
        assert int(values.max(initial=0)) < 2**bits
        rows = values if arrays[name].ndim == 2 else values[np.newaxis]
        packed = pack(rows.astype(np.uint16), bits)
        np.testing.assert_array_equal(packed.reshape(arrays[name].shape), arrays[name])


@examples
def test_arrays_are_little_endian_and_counted(encode: Encode) -> None:
    weight = encode(values_of(3))
    stored = weight.arrays()
    assert all(array.dtype.str[0] in "<|" for array in stored.values())
    assert weight.resident_bytes == sum(array.nbytes for array in stored.values())
    weight.matmul(np.ones((1, weight.shape[1]), dtype=np.float32))
    assert weight.resident_bytes >= sum(array.nbytes for array in stored.values())


@examples
def test_missing_unknown_and_malformed_arrays_are_refused(encode: Encode) -> None:
    weight = encode(values_of(4))
    stored, settings, kind = dict(weight.arrays()), weight.settings(), type(weight)
    name = next(iter(stored))
    without = {key: array for key, array in stored.items() if key != name}
    with pytest.raises(LayoutError, match=name):
        kind.from_stored(weight.shape, settings, without)
    with pytest.raises(LayoutError, match=name):
        kind.from_stored(weight.shape, settings, {**stored, "extra": stored[name]})
    with pytest.raises(LayoutError, match=name):
        kind.from_stored(weight.shape, settings, {**stored, name: stored[name][..., :0]})
    with pytest.raises(LayoutError, match=name):
        kind.from_stored(weight.shape, settings, {**stored, name: stored[name].astype("<f8")})
    with pytest.raises(LayoutError):
        kind.from_stored(weight.shape, {**settings, "surplus": 1}, stored)
    with pytest.raises(LayoutError):
        kind.from_stored(weight.shape, {}, stored)


def test_an_unknown_encoding_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(ENCODINGS)):
        ENCODINGS["nope"]


def factored(values: np.ndarray) -> Composite:
    left, _, right = np.linalg.svd(values, full_matrices=False)
    return Factored(integer(8)(left), Dense.encode(right))


MADE_OF_PARTS: dict[str, Callable[[np.ndarray], Composite]] = {"factored": factored}
composites = pytest.mark.parametrize("make", MADE_OF_PARTS.values(), ids=MADE_OF_PARTS.keys())


def test_every_composite_encoding_is_tested() -> None:
    assert set(MADE_OF_PARTS) == set(COMPOSITES)


@composites
@given(seed=seeds)
def test_parts_restore_the_same_weight(make: Callable[[np.ndarray], Composite], seed: int) -> None:
    weight = make(values_of(seed))
    again = type(weight).from_parts(weight.shape, weight.settings(), weight.parts())
    ids = np.arange(weight.shape[0], dtype=np.int32)
    np.testing.assert_array_equal(again.rows(ids), weight.rows(ids))
    x = np.random.default_rng(seed).normal(size=(3, weight.shape[1])).astype(np.float32)
    np.testing.assert_allclose(weight.matmul(x), x @ weight.rows(ids).T, atol=1e-4)


@composites
def test_missing_and_unknown_parts_are_refused(make: Callable[[np.ndarray], Composite]) -> None:
    weight = make(values_of(0))
    parts, kind = dict(weight.parts()), type(weight)
    for name, part in parts.items():
        with pytest.raises(LayoutError, match=name):
            kind.from_parts(weight.shape, weight.settings(), {name: part})
        with pytest.raises(LayoutError, match="surplus"):
            kind.from_parts(weight.shape, weight.settings(), {**parts, "surplus": part})
    with pytest.raises(LayoutError, match="surplus"):
        kind.from_parts(weight.shape, {"surplus": 1}, parts)
