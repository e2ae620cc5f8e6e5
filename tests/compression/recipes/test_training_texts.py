from collections.abc import Mapping

import numpy as np
import pytest

from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split
from compression.errors import DatasetError
from compression.recipes.training_texts import TrainingTexts, threshold_sources
from compression.settings import BaseSettings


def dataset(train: str, dev: str, labels: tuple[str, ...] = ("x", "y")) -> Dataset:
    splits: Mapping[str, Split] = {
        name: Split(tuple(texts), np.zeros((len(texts), len(labels)), dtype=np.bool_))
        for name, texts in (("train", train), ("dev", dev))
    }
    return Dataset(labels, splits)


CORPORA = Corpora(
    dataset("abc", "d"),
    {"source": dataset("ef", "g"), "swapped": dataset("ef", "g", ("y", "x"))},
    {"texts": "dhij"},
)


def settings(*further: dict[str, object], **fields: object) -> BaseSettings:
    table = {"distillation": {"teacher": "t"}, "further": further, **fields}
    return BaseSettings.model_validate(table)


def test_labelled_texts_come_first_and_augmented_ones_last() -> None:
    texts = TrainingTexts.of(
        settings(
            {"texts": "texts"},
            {"texts": "source", "mix": {"source": 0.5}},
            augmentation={"texts": 5},
        ),
        Corpora(dataset(["one two three", "four five six"], "d"), CORPORA.sources, {"texts": "h"}),  # type: ignore[arg-type]
    )
    assert texts.labelled.texts == ("one two three", "four five six", "e", "f")
    groups = [tuple(group.texts) for group in texts.groups]
    assert groups[:3] == [("one two three", "four five six"), ("e", "f"), ("h",)]
    assert texts.natural == 3
    assert len(groups[3]) == 5
    assert [dict(group.mix) for group in texts.groups] == [{}, {"source": 0.5}, {}, {}]


def test_held_out_texts_are_not_learned_from() -> None:
    texts = TrainingTexts.of(settings({"texts": "texts"}), CORPORA)
    assert tuple(texts.groups[1].texts) == tuple("hij")


def test_a_source_needs_the_labels_of_the_data() -> None:
    with pytest.raises(DatasetError, match=r"source swapped has the labels y, x; .*: x, y"):
        TrainingTexts.of(settings({"texts": "swapped"}), CORPORA)


def test_only_label_heads_with_the_labels_of_the_data_can_be_mixed() -> None:
    mix = {"source": 0.5, "swapped": 0.25}
    problem = r"source swapped has the labels y, x; `mix` of texts can weigh its label head if"
    with pytest.raises(DatasetError, match=problem):
        TrainingTexts.of(settings({"texts": "texts", "mix": mix}), CORPORA)


def test_the_dev_splits_of_chosen_sources_tune_thresholds() -> None:
    chosen = settings({"texts": "source", "thresholds": 0.25}, {"texts": "texts"})
    ((name, (split, weight)),) = threshold_sources(chosen, CORPORA).items()
    assert (name, split.texts, weight) == ("source", ("g",), 0.25)
    assert threshold_sources(settings({"texts": "source"}), CORPORA) == {}
