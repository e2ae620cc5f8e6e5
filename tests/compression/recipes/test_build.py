"""From a recipe to files, and the work that a second build repeats."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split
from compression.errors import CompressionError
from compression.recipes import base_store
from compression.recipes.build import build
from compression.recipes.recipe import Recipe
from edgemood import Artifact, Classifier

TABLES = {
    "name": "small",
    "data": {"format": "goemotions"},
    "base": {
        "ffnn": {
            "seed": 1,
            "model": {"architecture": "bag", "dim": 12, "hidden": [8]},
            "vocabulary": {"min_count": 1},
            "training": {
                "epochs": 5,
                "batch_size": 16,
                "learning_rate": 0.05,
                "ema_decay": 0.5,
            },
        }
    },
}


def recipe(*, calibration_texts: int = 50, **fp32: object) -> Recipe:
    small = {"name": "small", "method": "int8-static", "calibration_texts": calibration_texts}
    variants = [{"name": "fp32", "method": "fp32", **fp32}, small]
    return Recipe.model_validate({**TABLES, "variant": variants})


def make(
    folder: Path, data: Dataset, made: Recipe | None = None, only: tuple[str, ...] = ()
) -> dict[str, bytes]:
    """Build a recipe; the bytes of each file, by name."""
    paths = build(
        made or recipe(),
        Corpora(data),
        out=folder / "variants",
        checkpoints=folder / "checkpoints",
        only=only,
    )
    return {path.stem: path.read_bytes() for path in paths}


def test_a_manifest_states_how_the_file_was_built(dataset: Dataset, tmp_path: Path) -> None:
    assert list(make(tmp_path, dataset)) == ["fp32", "small"]
    manifest = Artifact.open(tmp_path / "variants" / "small.safetensors").manifest
    assert (manifest.name, manifest.method) == ("small", "int8-static")
    assert manifest.settings["calibration_texts"] == 50
    assert manifest.provenance is not None
    assert (manifest.provenance.recipe, manifest.provenance.seed) == ("small", 1)
    assert manifest.provenance.measured_on == {
        name: dataset.splits[name].sha256 for name in ("dev", "test")
    }
    assert set(manifest.metrics) == {"dev", "test"}
    assert manifest.metrics["test"]["macro_f1"] > 0.8
    assert set(manifest.thresholds) != {0.5}


def test_fingerprints_replace_words(dataset: Dataset, tmp_path: Path) -> None:
    make(tmp_path, dataset, only=("fp32",))
    path = tmp_path / "variants" / "fp32.safetensors"
    plain, texts = Classifier.open(path), ["so happy", "sad table"]
    assert b"lonely" in path.read_bytes()
    make(tmp_path, dataset, recipe(vocabulary="fingerprints"), only=("fp32",))
    hashed = Classifier.open(path)
    assert b"lonely" not in path.read_bytes()
    np.testing.assert_array_equal(hashed.scores(texts), plain.scores(texts))
    assert hashed.artifact.manifest.metrics == plain.artifact.manifest.metrics


def test_a_folded_variant_has_the_same_figures(dataset: Dataset, tmp_path: Path) -> None:
    manifests = []
    for fold in (False, True):
        make(tmp_path, dataset, recipe(fold=fold), only=("fp32",))
        manifests.append(Artifact.open(tmp_path / "variants" / "fp32.safetensors").manifest)
    plain, folded = manifests
    assert folded.sizes != plain.sizes
    assert folded.metrics["test"]["macro_f1"] == pytest.approx(plain.metrics["test"]["macro_f1"])


def written(folder: Path) -> dict[str, int]:
    return {path.stem: path.stat().st_mtime_ns for path in (folder / "variants").iterdir()}


def test_a_second_build_writes_only_changes(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, times = make(tmp_path, dataset), written(tmp_path)
    monkeypatch.setattr(base_store, "train", None)  # the base comes from the checkpoint folder
    assert make(tmp_path, dataset) == first
    assert written(tmp_path) == times
    changed = make(tmp_path, dataset, recipe(calibration_texts=60))
    assert changed["fp32"] == first["fp32"]
    assert written(tmp_path)["fp32"] == times["fp32"]
    assert changed["small"] != first["small"]


@pytest.mark.parametrize("name", ["train", "dev", "test"])
def test_changed_data_rebuilds(dataset: Dataset, tmp_path: Path, name: str) -> None:
    make(tmp_path, dataset, only=("fp32",))
    times, split = written(tmp_path), dataset.splits[name]
    shorter = Split(split.texts[:-1], split.targets[:-1])
    changed = replace(dataset, splits={**dataset.splits, name: shorter})
    make(tmp_path, changed, only=("fp32",))
    assert written(tmp_path) != times


def test_the_test_split_changes_nothing_but_its_own_figures(
    dataset: Dataset, tmp_path: Path
) -> None:
    make(tmp_path, dataset)
    path = tmp_path / "variants" / "small.safetensors"
    before, test = Artifact.open(path), dataset.splits["test"]
    inverted = Split(test.texts, ~test.targets)
    make(tmp_path, replace(dataset, splits={**dataset.splits, "test": inverted}))
    after = Artifact.open(path)
    assert after.manifest.metrics["test"] != before.manifest.metrics["test"]
    assert after.manifest.metrics["dev"] == before.manifest.metrics["dev"]
    assert after.manifest.thresholds == before.manifest.thresholds
    stored = before.arrays()
    assert all((array == stored[name]).all() for name, array in after.arrays().items())


def test_a_damaged_file_is_built_again_to_the_same_bytes(dataset: Dataset, tmp_path: Path) -> None:
    before = make(tmp_path, dataset)
    (tmp_path / "variants" / "small.safetensors").write_bytes(b"damaged")
    assert make(tmp_path, dataset, only=("small",)) == {"small": before["small"]}


def test_two_builds_from_nothing_give_the_same_bytes(dataset: Dataset, tmp_path: Path) -> None:
    assert make(tmp_path / "one", dataset) == make(tmp_path / "two", dataset)


def test_a_name_without_seed_chooses_all_seeds(dataset: Dataset, tmp_path: Path) -> None:
    seeded = recipe().with_seeds([4, 9])
    assert list(make(tmp_path, dataset, seeded, only=("fp32",))) == ["fp32.s4", "fp32.s9"]
    assert list(make(tmp_path, dataset, seeded, only=("fp32.s9",))) == ["fp32.s9"]


def test_unknown_variants_are_named(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match="no variant x; known: fp32, small"):
        make(tmp_path, dataset, only=("x",))
    search = {"base": "ffnn", "methods": {"fp32": {}}}
    with pytest.raises(CompressionError, match=r"small has no .*variant"):
        make(tmp_path, dataset, Recipe.model_validate({**TABLES, "search": search}))


DECISION = {"calibrate": True, "decision": "single-label", "abstention": {"coverage": 0.75}}


def test_a_decision_is_fitted_and_measured(dataset: Dataset, tmp_path: Path) -> None:
    make(tmp_path, dataset, recipe(**DECISION), only=("fp32",))
    manifest = Artifact.open(tmp_path / "variants" / "fp32.safetensors").manifest
    assert (manifest.decision, set(manifest.thresholds)) == ("single-label", {0})
    assert manifest.calibration is not None
    assert manifest.abstention is not None
    assert manifest.abstention.coverage == pytest.approx(0.75, abs=0.02)
    assert manifest.metrics["dev"]["coverage"] == manifest.abstention.coverage
    assert manifest.metrics["test"]["accuracy"] > 0.9
    assert manifest.settings["abstention"] == {"coverage": 0.75}


@pytest.mark.parametrize(
    "change",
    [{"calibrate": False}, {"decision": "multi-label"}, {"abstention": {"coverage": 0.8}}],
)
def test_a_changed_decision_rebuilds(
    dataset: Dataset, tmp_path: Path, change: dict[str, object]
) -> None:
    before = make(tmp_path, dataset, recipe(**DECISION), only=("fp32",))
    times = written(tmp_path)
    assert make(tmp_path, dataset, recipe(**DECISION), only=("fp32",)) == before
    assert written(tmp_path) == times
    assert make(tmp_path, dataset, recipe(**DECISION | change), only=("fp32",)) != before
    plain = make(tmp_path, dataset, recipe(), only=("fp32",))
    assert plain == make(tmp_path / "new", dataset, recipe(), only=("fp32",))


def test_a_precision_out_of_reach_names_the_variant(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"variant fp32: abstention: .* 0\.99 .* 120 dev"):
        make(tmp_path, dataset, recipe(abstention={"precision": 0.99}), only=("fp32",))
    assert not list((tmp_path / "variants").iterdir())
