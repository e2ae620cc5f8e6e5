"""What training sees is what is stored, bit for bit; gradients are the papers'."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compression.networks import Matrix
from compression.quantizers.fake_quant import (
    ApotWeight,
    ClusteredWeight,
    DynamicInput,
    FactoredWeight,
    FloatWeight,
    InputQuantizer,
    LsqWeight,
    MinMaxWeight,
    PrunedWeight,
    StaticInput,
    WeightQuantizer,
    bucketize,
    largest_magnitudes,
)
from compression.quantizers.post_training import quantize_matrix
from edgemood.quantization.input_quantization import InputQuantization

Make = Callable[[torch.Tensor], WeightQuantizer]


def apot(bits: int, base_bits: int, *, learned_boundaries: bool = False) -> Make:
    def make(values: torch.Tensor) -> WeightQuantizer:
        alpha = 0.7 * values.abs().amax(1, keepdim=True) + 0.01
        quantizer = ApotWeight(
            alpha,
            bits=bits,
            base_bits=base_bits,
            size=values.numel(),
            learned_boundaries=learned_boundaries,
        )
        if quantizer.segments is not None:  # as training might have left them
            stretch = torch.linspace(0.6, 1.5, len(quantizer.segments.start))
            quantizer.segments.logarithm.data = torch.log(stretch)
        return quantizer

    return make


def clusters_with_mask(values: torch.Tensor) -> WeightQuantizer:
    mask = largest_magnitudes(values, 0.6).bool()
    return ClusteredWeight(torch.tensor([0.3, -1, 2, 0.0, -0.2]), mask=mask)


WEIGHTS: dict[str, Make] = {
    "float 32": lambda _: FloatWeight(bits=32),
    "float 16": lambda _: FloatWeight(bits=16),
    "min-max 1": lambda _: MinMaxWeight(bits=1),
    "lsq 1": lambda values: LsqWeight(values, bits=1, per_row=True),
    "clusters with a mask": clusters_with_mask,
    "min-max 8": lambda _: MinMaxWeight(bits=8),
    "min-max 3": lambda _: MinMaxWeight(bits=3),
    "lsq 4": lambda values: LsqWeight(values, bits=4, per_row=False),
    "lsq 2, per row": lambda values: LsqWeight(values, bits=2, per_row=True),
    "clusters 16": lambda _: ClusteredWeight(torch.linspace(-2, 2, 16)),
    "clusters 5, out of order": lambda _: ClusteredWeight(torch.tensor([0.3, -1, 2, 0.1, -0.2])),
    "pruned": lambda _: PrunedWeight(sparsity=0.7, bits=32, ramp=0.5).eval(),
    "pruned, half": lambda _: PrunedWeight(sparsity=0.4, bits=16, ramp=0.5).eval(),
    "apot 5, 2": apot(5, 2),
    "apot 4, 3": apot(4, 3),
    "apot 7, 2": apot(7, 2),
    "apot 2, 1": apot(2, 1),
    "apot 5, 2, learned boundaries": apot(5, 2, learned_boundaries=True),
    "apot 2, 1, learned boundaries": apot(2, 1, learned_boundaries=True),
}
weights = pytest.mark.parametrize("make", WEIGHTS.values(), ids=WEIGHTS.keys())


def random_weight(seed: int) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=generator.integers(1, 12, size=2)).astype(np.float32)
    values[generator.random(values.shape) < 0.1] = 0
    return torch.from_numpy(values)


@weights
@given(seed=st.integers(0, 2**32 - 1))
def test_stored_rows_are_what_training_saw_bit_for_bit(make: Make, seed: int) -> None:
    values = random_weight(seed)
    quantizer = make(values)
    seen = quantizer(values.requires_grad_()).detach().numpy()
    stored = quantizer.encode(values.detach(), InputQuantization())
    rows = stored.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_array_equal(rows, seen)


@weights
def test_the_weights_themselves_are_not_changed(make: Make) -> None:
    values = random_weight(1)
    before = values.clone()
    make(values)(values)
    assert torch.equal(values, before)


@weights
def test_gradients_reach_the_weights(make: Make) -> None:
    values = (random_weight(2) * 0.1).requires_grad_()
    make(values.detach())(values).sum().backward()
    assert values.grad is not None
    assert (values.grad != 0).float().mean() > 0.25


def test_lsq_gradients_by_hand() -> None:
    # Step 1, 3 bits, Qp = 3: inside, round(v) - v; outside, the end of the range.
    values = torch.tensor([[0.4, 1.6, -5.0, 9.0]], requires_grad=True)
    quantizer = LsqWeight(torch.ones(1, 4), bits=3, per_row=False)
    quantizer.step.start.fill_(1.0)
    quantizer(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 1, 0, 0]]
    expected = ((0 - 0.4) + (2 - 1.6) - 3 + 3) / (4 * 3) ** 0.5
    assert quantizer.step.logarithm.grad is not None  # d s / d log s is s, here 1
    assert quantizer.step.logarithm.grad.item() == pytest.approx(expected, abs=1e-6)


def test_lsq_starts_at_the_papers_step() -> None:
    values = torch.tensor([[1.0, -3.0], [0.5, 0.5]])
    assert LsqWeight(values, bits=4, per_row=False).step().item() == pytest.approx(
        2 * 1.25 / 7**0.5
    )
    per_row = LsqWeight(values, bits=4, per_row=True).step().ravel().tolist()
    assert per_row == pytest.approx([2 * 2 / 7**0.5, 2 * 0.5 / 7**0.5])


def test_adam_moves_large_and_small_steps_by_the_same_share() -> None:
    for size in (1e-2, 1.0, 1e3):
        values = size * random_weight(7)
        quantizer = LsqWeight(values, bits=4, per_row=False)
        before = quantizer.step().item()
        optimizer = torch.optim.Adam(quantizer.parameters(), lr=1e-2)
        (quantizer(values) - 2 * values).pow(2).sum().backward()
        optimizer.step()
        assert abs(np.log(quantizer.step().item() / before)) == pytest.approx(1e-2, rel=0.05)


def test_a_centroids_gradient_is_the_sum_of_its_weights() -> None:
    # dL/dc_k = sum_i dL/dw_i 1(I_i = k), with gradients 1, 2, 3, 4.
    values = torch.tensor([[0.1, 0.9], [-0.2, 1.1]], requires_grad=True)
    quantizer = ClusteredWeight(torch.tensor([0.0, 1.0]))
    (quantizer(values) * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert quantizer.centroids.grad is not None
    assert quantizer.centroids.grad.tolist() == [1 + 3, 2 + 4]
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 2], [3, 4]]


def test_apot_gradients_by_hand() -> None:
    # 3 bits, base 2: levels 0, 1/4, 1/2, 1. Inside, q - w/alpha; outside, the sign.
    values = torch.tensor([[0.8, 1.2, -7.0, 5.0]], requires_grad=True)
    quantizer = ApotWeight(torch.full((1, 1), 2.0), bits=3, base_bits=2, size=4)
    seen = quantizer(values)
    assert seen.tolist() == [[1.0, 1.0, -2.0, 2.0]]
    (seen * torch.tensor([[1.0, 10.0, 100.0, 1000.0]])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 10, 0, 0]]
    raw = (0.5 - 0.4) + 10 * (0.5 - 0.6) - 100 + 1000
    assert quantizer.alpha.logarithm.grad is not None  # d alpha / d log alpha is alpha, here 2
    learned = quantizer.alpha.logarithm.grad.item()
    assert learned == pytest.approx(2 * raw / (4 * 3) ** 0.5, rel=1e-5)


def test_the_generalised_estimator_by_hand() -> None:
    # 3 bits, base 2: levels 0, 1/4, 1/2, 1. The second segment is half as long as its levels are
    # apart: it runs from 1/4 to 3/8, its boundary is 5/16, and the line's slope on it is 2.
    values = torch.tensor([[0.3, -0.35, 0.1, 3.0]], requires_grad=True)
    quantizer = ApotWeight(torch.ones(1, 1), bits=3, base_bits=2, size=4, learned_boundaries=True)
    assert quantizer.segments is not None
    quantizer.segments.start[1] = 1 / 8
    seen = quantizer(values)
    assert seen.tolist() == [[0.25, -0.5, 0.0, 1.0]]
    seen.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[2, 2, 1, 0]]
    # d/da_1 of the line on its own segment is -gap (m - d) / a**2; d/da_0 is -slope.
    own = -0.25 * ((0.3 - 0.25) - (0.35 - 0.25)) / (1 / 8) ** 2
    first = -2 + 2 - 1 * 0.1 / 0.25
    expected = [first / 4, own / 8, 0]  # d a / d log a is a
    assert quantizer.segments.logarithm.grad is not None
    assert quantizer.segments.logarithm.grad.tolist() == pytest.approx(expected, abs=1e-5)


def test_with_segments_as_long_as_the_gaps_it_is_the_plain_estimator() -> None:
    values = random_weight(3)
    gradients = []
    for learned in (False, True):
        leaf = values.clone().requires_grad_()
        quantizer = ApotWeight(
            torch.full((1, 1), 0.8), bits=5, base_bits=2, size=9, learned_boundaries=learned
        )
        (quantizer(leaf) * torch.arange(leaf.numel()).reshape(leaf.shape)).sum().backward()
        assert leaf.grad is not None
        assert quantizer.alpha.logarithm.grad is not None
        gradients.append((leaf.grad, quantizer.alpha.logarithm.grad))
    torch.testing.assert_close(gradients[0], gradients[1])


@given(
    st.lists(st.floats(-9, 9, width=32), min_size=0, max_size=40),
    st.lists(st.floats(-99, 99, width=32), max_size=40),
)
def test_bucketize_is_torchs(boundaries: list[float], values: list[float]) -> None:
    ascending = torch.tensor(sorted(boundaries))
    edges = torch.nextafter(ascending, torch.full_like(ascending, torch.inf))
    x = torch.cat([torch.tensor(values), ascending, edges])
    expected = torch.bucketize(x, ascending, out_int32=True)
    assert torch.equal(bucketize(x, ascending), expected)


def test_masked_weights_have_neither_value_nor_gradient() -> None:
    values = torch.tensor([[0.1, 0.9], [-0.8, 1.1]], requires_grad=True)
    mask = torch.tensor([[False, True], [True, True]])
    quantizer = ClusteredWeight(torch.tensor([-1.0, 1.0]), mask=mask)
    seen = quantizer(values)
    assert seen.tolist() == [[0, 1], [-1, 1]]
    (seen * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[0, 2], [3, 4]]
    assert quantizer.centroids.grad is not None
    assert quantizer.centroids.grad.tolist() == [3, 6]


def test_masked_clusters_take_whichever_layout_is_smaller() -> None:
    values = torch.randn(64, 64)
    for share, encoding in ((0.05, "sparse-codebook"), (0.95, "codebook")):
        mask = largest_magnitudes(values, share).bool()
        quantizer = ClusteredWeight(torch.linspace(-2, 2, 7), mask=mask)
        assert quantizer.encode(values, InputQuantization()).encoding == encoding


def test_one_bit_by_hand() -> None:
    # The scale is the mean magnitude, 2; signs with 1 for 0.
    values = torch.tensor([[1.0, -3.0, 0.0, 4.0]], requires_grad=True)
    assert MinMaxWeight(bits=1)(values).tolist() == [[2, -2, 2, 2]]
    quantizer = LsqWeight(values, bits=1, per_row=True)
    assert quantizer.step().item() == 2
    quantizer(values).sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 0, 1, 0]]  # none beyond one step
    # Inside, sign(v) - v / s: 1 - 0.5 and 1 - 0; outside, the sign: -1 and 1.
    assert quantizer.step.logarithm.grad is not None  # times the step, 2
    assert quantizer.step.logarithm.grad.item() == pytest.approx(2 * 1.5 / (4 * 1) ** 0.5)


def test_one_bit_keeps_a_row_of_zeros_nearly_zero() -> None:
    values = torch.tensor([[0.0, 0.0], [1.0, -1.0]])
    for quantizer in (MinMaxWeight(bits=1), LsqWeight(values, bits=1, per_row=True)):
        seen = quantizer(values).detach()
        assert seen[0].abs().max() < 1e-20
        assert seen[1].tolist() == [1, -1]
    matrix = Matrix("embedding", "table", values)
    stored = quantize_matrix(matrix, bits=1, calibrator="min-max", activations=InputQuantization())
    assert np.abs(stored.rows(np.zeros(1, np.int32))).max() < 1e-20


def test_a_matrix_of_zeros_can_be_clustered_sparsely() -> None:
    values = torch.zeros(3, 4)
    mask = torch.zeros(3, 4).bool()
    quantizer = ClusteredWeight(torch.zeros(2), mask=mask)
    stored = quantizer.encode(values, InputQuantization())
    assert not stored.rows(np.arange(3, dtype=np.int32)).any()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7, 0.9])
def test_as_many_are_pruned_as_asked(share: float) -> None:
    kept = largest_magnitudes(torch.randn(10), 1 - share)
    assert int((kept == 0).sum()) == round(share * 10)


@given(st.integers(0, 2**32 - 1))
def test_stored_factors_are_those_of_training(seed: int) -> None:
    values = random_weight(seed)
    rank = max(1, min(values.shape) - 1)
    quantizer = FactoredWeight(values, rank=rank, stored=lambda: MinMaxWeight(bits=6))
    stored = quantizer.encode(values, InputQuantization())
    rows = stored.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_allclose(rows, quantizer(values).detach(), atol=1e-5)
    left = stored.left.rows(np.arange(len(values), dtype=np.int32))
    np.testing.assert_array_equal(left, MinMaxWeight(bits=6)(quantizer.left).detach())


def test_truncation_by_hand() -> None:
    # Singular values 4 and 3: rank one keeps 16 of 25.
    values = torch.tensor([[0.0, 4.0], [3.0, 0.0]])
    quantizer = FactoredWeight(values, rank=1, stored=lambda: FloatWeight(bits=32))
    torch.testing.assert_close(quantizer(values), torch.tensor([[0.0, 4.0], [0.0, 0.0]]))
    assert quantizer.encode(values, InputQuantization()).energy == 0.64
    quantizer(values).sum().backward()
    assert quantizer.left.grad is not None  # the factors are what is trained
    assert quantizer.right.grad is not None


@pytest.mark.parametrize("kind", [StaticInput, DynamicInput])
def test_inputs_are_quantised_as_they_will_be_in_service(kind: type[InputQuantizer]) -> None:
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32))
    quantizer = kind().train()
    quantizer(x)
    seen = quantizer.eval()(x).numpy()
    stored = quantizer.activations().fake_quantize(x.numpy())
    np.testing.assert_allclose(stored, seen, atol=1e-6)
    assert np.abs(seen - x.numpy()).max() > 1e-4


def test_a_static_range_follows_training_and_then_rests() -> None:
    quantizer = StaticInput().train()
    quantizer(torch.tensor([[-1.0, 1.0]]))
    for _ in range(1000):
        quantizer(torch.tensor([[-4.0, 8.0]]))
    assert float(quantizer.high) == pytest.approx(8, abs=0.01)
    assert float(quantizer.low) == pytest.approx(-4, abs=0.01)
    quantizer.eval()(torch.tensor([[-99.0, 99.0]]))
    assert float(quantizer.high) == pytest.approx(8, abs=0.01)


def test_inputs_outside_the_range_have_no_gradient() -> None:
    quantizer = StaticInput().train()
    quantizer(torch.tensor([[-1.0, 1.0]]))
    x = torch.tensor([[0.3, 5.0, -5.0]], requires_grad=True)
    quantizer.eval()(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 0, 0]]


def test_pruning_takes_the_smallest_magnitudes_on_a_cubic_schedule() -> None:
    quantizer = PrunedWeight(sparsity=0.5, bits=32, ramp=0.5).train()
    values = torch.tensor([[4.0, -1.0, 3.0, 0.5]], requires_grad=True)
    shares = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        quantizer.set_progress(progress)
        shares.append(quantizer.share())
    assert shares == pytest.approx([0, 0.5 * (1 - 0.5**3), 0.5, 0.5])
    pruned = quantizer(values)
    assert pruned.tolist() == [[4, 0, 3, 0]]
    pruned.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 0, 1, 0]]
    quantizer.set_progress(0.0)
    assert quantizer.share() == 0
    assert quantizer.eval().share() == 0.5  # epochs are judged at what will be stored


def test_pruned_weights_are_stored_sparse_only_where_that_is_smaller() -> None:
    values = torch.randn(8, 16)
    for sparsity, encoding in ((0.9, "sparse"), (0.01, "dense")):
        quantizer = PrunedWeight(sparsity=sparsity, bits=32, ramp=0.5)
        assert quantizer.encode(values, InputQuantization()).encoding == encoding
