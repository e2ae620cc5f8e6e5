from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from compression.data.dataset import Dataset, Split
from compression.settings import TransformerSettings
from compression.teachers.fine_tuning import FineTuning
from compression.teachers.label_heads import MAIN_HEAD, LabelHeads
from compression.teachers.teacher import Teacher
from compression.teachers.transformer import Transformer


def relabelled(dataset: Dataset, labels: tuple[str, ...]) -> Dataset:
    """The same texts with labels of another kind: whether the text is long, and the opposite."""
    splits = {}
    for name, split in dataset.splits.items():
        long = np.array([len(text) > 20 for text in split.texts])
        splits[name] = Split(split.texts, np.stack([long, ~long], axis=1))
    return Dataset(labels, splits)


@pytest.fixture(scope="session")
def long(dataset: Dataset) -> Dataset:
    return relabelled(dataset, ("long", "short"))


@pytest.fixture(scope="session")
def other(dataset: Dataset) -> Dataset:
    """Other texts, with the labels of the main data."""
    splits = {
        name: Split(tuple(f"{text} again" for text in split.texts), split.targets)
        for name, split in dataset.splits.items()
    }
    return Dataset(dataset.labels, splits)


def test_texts_with_several_sets_of_labels_are_merged(
    dataset: Dataset, long: Dataset, other: Dataset
) -> None:
    heads = LabelHeads({MAIN_HEAD: dataset, "long": long, "other": other})
    train = heads.training_texts()
    assert sorted(train.texts) == sorted([*dataset.train.texts, *other.train.texts])
    assert heads.outputs == train.targets.shape[1] == 2 * len(dataset.labels) + 2
    for i, (name, columns) in enumerate(heads.columns.items()):
        own = heads.datasets[name].train
        rows = train.known[:, i]
        assert tuple(np.array(train.texts)[rows]) == own.texts
        np.testing.assert_array_equal(train.targets[rows, columns], own.targets)
        assert not train.targets[~rows, columns].any()


def test_the_order_of_heads_does_not_depend_on_their_names(dataset: Dataset, long: Dataset) -> None:
    one, two = (LabelHeads(d) for d in ({"a": dataset, "b": long}, {"a": long, "b": dataset}))
    assert (one.columns["a"], one.columns["b"]) == (two.columns["b"], two.columns["a"])
    assert one.kind("a") == two.kind("b") != one.kind("b")


def test_the_loss_counts_each_head_for_the_texts_that_it_knows(
    source: Path, settings: TransformerSettings, dataset: Dataset, other: Dataset, tmp_path: Path
) -> None:
    heads = LabelHeads({MAIN_HEAD: dataset, "other": other})
    network = Transformer(source, settings, labels=heads.outputs)
    fine_tuning = FineTuning(network, settings, heads, tmp_path / "state.safetensors")
    train = heads.training_texts()
    batch = [0, 1, len(train.texts) - 1]
    logits = torch.linspace(-2, 2, 3 * heads.outputs).reshape(3, -1)
    expected = 0.0
    for row, i in enumerate(batch):
        (head,) = np.flatnonzero(train.known[i])
        columns = list(heads.columns.values())[head]
        expected += float(
            functional.binary_cross_entropy_with_logits(
                logits[row, columns], torch.from_numpy(train.targets[i, columns])
            )
        )
    assert float(fine_tuning._loss(logits, batch)) == pytest.approx(expected / 3, rel=1e-6)


def test_a_mix_weighs_the_heads_and_one_run_serves_all(
    settings: TransformerSettings,
    dataset: Dataset,
    long: Dataset,
    other: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources = {"other": other, "long": long}
    teacher = Teacher("t", settings, dataset, tmp_path, sources=sources)
    runs: list[int] = []
    original = Transformer.logits
    monkeypatch.setattr(FineTuning, "run", lambda _: None)  # random heads differ, too
    monkeypatch.setattr(
        Transformer, "logits", lambda self, texts: runs.append(len(texts)) or original(self, texts)
    )
    texts = other.dev.texts[:4]
    mixed = teacher.logits(texts, mix={"other": 0.25})
    assert runs.count(4) == 1
    main, alone = teacher.logits(texts), teacher.logits(texts, mix={"other": 1.0})
    torch.testing.assert_close(mixed, 0.75 * main + 0.25 * alone)
    assert not torch.allclose(main, alone)
    # The same datasets make the same teacher, whichever is the main one.
    swapped = Teacher("s", settings, long, tmp_path, sources={"ekman": dataset, "x": other})
    assert swapped.key == teacher.key != Teacher("t", settings, dataset, tmp_path).key
    assert torch.equal(swapped.logits(texts, mix={"ekman": 1.0}), main)
