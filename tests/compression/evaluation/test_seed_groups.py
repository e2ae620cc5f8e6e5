"""Means over seeds."""

from pathlib import Path

import pytest

from compression.data.dataset import Dataset
from compression.evaluation.comparison import choose_references
from compression.evaluation.measurement import measure_all
from compression.evaluation.seed_groups import group_by_seed, summarize_seeds
from compression.metrics.bootstrap import bootstrap_weights

WEIGHTS = bootstrap_weights(4, resamples=500, seed=0)


def test_by_hand(paths: list[Path], data: Dataset, tmp_path: Path) -> None:
    one, two = paths
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(one.read_bytes())
    files = [
        one.rename(tmp_path / "v.s0.safetensors"),
        two.rename(tmp_path / "v.s1.safetensors"),
        alone,
    ]
    measured = measure_all(files, data.dev, data.labels, WEIGHTS)
    groups = group_by_seed(measured)
    assert {name: len(group) for name, group in groups.items()} == {"v": 2, "alone": 1}
    (group,) = summarize_seeds(
        groups, choose_references(measured, "v.s0").of, WEIGHTS, data.dev.targets.any(axis=1)
    )
    assert (group.name, group.seeds) == ("v", 2)
    # Macro-F1 8/9 and 2/3; at 0.5 8/9 and 5/9.
    assert group.macro_f1.mean == pytest.approx((8 / 9 + 2 / 3) / 2)
    assert group.macro_f1.sd == pytest.approx((8 / 9 - 2 / 3) / 2**0.5)
    assert group.half["f1"].mean == pytest.approx((8 / 9 + 5 / 9) / 2)
    # True positives 3 of 3 and 3 of 3 predictions; 4 actual positives.
    assert group.micro_f1.mean == pytest.approx(2 * 3 / (3 + 4))
    # Both have the same scores but for one text, .8 or .3 for sadness, which it has; each text is
    # a bin, or shares it with equal scores.
    assert group.ece is not None
    assert group.ece.sd == pytest.approx((0.7 - 0.2) / 4 / 3 / 2**0.5)
    assert group.difference is not None
    assert group.difference.estimate == pytest.approx((0 + 2 / 3 - 8 / 9) / 2)
    # Both have the highest score at the label of every text.
    assert group.accuracy is not None
    assert (group.accuracy.mean, group.accuracy.sd) == (1, 0)
    assert group.accuracy_difference is not None
    assert group.accuracy_difference.estimate == 0
    assert group.layer_bytes.sd == 0


def test_references_have_no_difference(paths: list[Path], data: Dataset, tmp_path: Path) -> None:
    files = [path.rename(tmp_path / f"v.s{i}.safetensors") for i, path in enumerate(paths)]
    measured = measure_all(files, data.dev, data.labels, WEIGHTS)
    (group,) = summarize_seeds(
        group_by_seed(measured), measured, WEIGHTS, data.dev.targets.any(axis=1)
    )
    assert group.difference is None
    assert group.accuracy is not None
    assert group.accuracy_difference is None


def test_accuracies_are_measured_on_request(
    paths: list[Path], data: Dataset, tmp_path: Path
) -> None:
    files = [path.rename(tmp_path / f"v.s{i}.safetensors") for i, path in enumerate(paths)]
    measured = measure_all(files, data.dev, data.labels, WEIGHTS)
    (group,) = summarize_seeds(group_by_seed(measured), measured, WEIGHTS)
    assert group.accuracy is None
