"""References, and differences from them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compression.data.dataset import Dataset
from compression.evaluation.comparison import (
    accuracy_difference,
    choose_references,
    compare,
    mean_difference,
)
from compression.evaluation.measurement import MeasuredVariant, measure_all
from compression.metrics.bootstrap import bootstrap_weights
from edgemood import Artifact

WEIGHTS = bootstrap_weights(4, resamples=500, seed=0)


@pytest.fixture
def pair(paths: list[Path], data: Dataset) -> tuple[MeasuredVariant, MeasuredVariant]:
    one, two = measure_all(paths, data.dev, data.labels, WEIGHTS).values()
    return one, two


def test_by_hand(pair: tuple[MeasuredVariant, MeasuredVariant]) -> None:
    one, two = pair
    found = compare(two, one, WEIGHTS)
    assert found.reference == "one"
    # `one` has F1 2/3, 1, 1. `two` has 1, 0, 1, and 2/3, 0, 1 at the thresholds of `one`.
    assert found.difference.estimate == pytest.approx(2 / 3 - 8 / 9)
    assert found.difference_same_thresholds.estimate == pytest.approx(5 / 9 - 8 / 9)
    # Micro-F1 2 * 3 / (3 + 4) both.
    assert found.micro_f1 is not None
    assert found.micro_f1.estimate == pytest.approx(0)
    assert found.micro_f1.low < 0 < found.micro_f1.high
    assert found.accuracy is None
    assert found.agreement == pytest.approx(10 / 12)
    assert found.largest_score_change == pytest.approx(0.5)


def test_differences_are_paired(pair: tuple[MeasuredVariant, MeasuredVariant]) -> None:
    # At the same thresholds `two` is never better on any draw of texts, so the interval of the
    # paired difference does not include positive values. An unpaired one would.
    one, two = pair
    same = compare(two, one, WEIGHTS).difference_same_thresholds
    assert same.low <= same.estimate < 0
    assert same.high <= 0


def test_accuracies_are_compared_on_texts_with_one_label(
    pair: tuple[MeasuredVariant, MeasuredVariant],
) -> None:
    # All highest scores are right. Those of `wrong` are not for the first and the second text, of
    # which only the first counts.
    one, _ = pair
    scores = one.scored.scores.copy()
    scores[:2, 2] = 0.95
    wrong = replace(one, scored=replace(one.scored, own_scores=scores))
    single = np.array([True, False, True, True])
    found = compare(wrong, one, WEIGHTS, single).accuracy
    assert found is not None
    assert found.estimate == pytest.approx(-1 / 3)
    # Some resamples draw the first text alone, others do not draw it.
    assert (found.low, found.high) == (-1, 0)
    several = accuracy_difference([(wrong, one), (one, one)], WEIGHTS, single)
    assert several.estimate == pytest.approx(-1 / 6)


def test_several_pairs_are_resampled_together(
    pair: tuple[MeasuredVariant, MeasuredVariant],
) -> None:
    one, two = pair
    found = mean_difference([(one, one), (two, one)])
    assert found.estimate == pytest.approx((0 + 2 / 3 - 8 / 9) / 2)
    assert found.low <= found.estimate <= found.high
    nothing = mean_difference([(one, one), (two, two)])
    assert (nothing.estimate, nothing.low, nothing.high) == (0, 0, 0)


def test_a_variant_is_compared_with_the_uncompressed_one_of_its_base(
    paths: list[Path], artifact: Artifact, data: Dataset, tmp_path: Path
) -> None:
    origin = {
        "recipe": "r",
        "data_sha256": "d",
        "seed": 0,
        "parent": "other-base",
        "edgemood_version": "1",
    }
    for name, method in (("mine", "fp32"), ("mine-8", "qat")):
        variant = artifact.with_manifest(name="one", method=method, provenance=origin)
        variant.save(tmp_path / f"{name}.safetensors")
    files = [*paths, tmp_path / "mine.safetensors", tmp_path / "mine-8.safetensors"]
    measured = measure_all(files, data.dev, data.labels, WEIGHTS)
    found = choose_references(measured)
    assert found.common == "one"
    assert [other.name for other in found.of.values()] == ["one", "one", "mine", "mine"]
    chosen = choose_references(measured, "two")
    assert chosen.common == "two"
    assert {other.name for other in chosen.of.values()} == {"two"}


def test_fp32_is_the_common_reference(
    pair: tuple[MeasuredVariant, MeasuredVariant],
) -> None:
    one, two = pair
    assert choose_references({"one": one, "fp32": two}).common == "fp32"
