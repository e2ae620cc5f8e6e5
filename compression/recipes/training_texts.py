"""The texts that a base learns from: labelled ones first, then those that a teacher judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from compression.data.augmentation import augmented
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset, Split
from compression.errors import DatasetError
from compression.settings import BaseSettings, FurtherTexts


@dataclass(frozen=True)
class TextGroup:
    """Texts of one origin."""

    texts: Sequence[str]
    mix: Mapping[str, float] = field(default_factory=dict)
    """Weights of the teacher's label heads; see `compression.teachers.teacher`."""


@dataclass(frozen=True)
class TrainingTexts:
    """The texts of a base.

    Attributes:
        labelled: the train splits of the main data and of labelled sources, joined.
        groups: all texts, in order: those of `labelled`, of collections, and augmented ones.
        natural: how many of the groups are not augmented.
    """

    labelled: Split
    groups: tuple[TextGroup, ...]
    natural: int

    @classmethod
    def of(cls, settings: BaseSettings, corpora: Corpora) -> "TrainingTexts":
        """Gather the texts that the settings name.

        Raises:
            DatasetError: a source has other labels than the main data.
        """
        _check_mixes(settings, corpora)
        main = corpora.main.train
        labelled = [f for f in settings.further if f.texts in corpora.sources]
        others = [f for f in settings.further if f.texts not in corpora.sources]
        splits = [_source(further, corpora).train for further in labelled]
        groups = [
            TextGroup(main.texts),
            *(TextGroup(s.texts, f.mix) for f, s in zip(labelled, splits, strict=True)),
            *(TextGroup(corpora.collection(f.texts), f.mix) for f in others),
        ]
        natural = len(groups)
        if settings.augmentation is not None:
            seed = settings.augmentation.seed
            groups.append(TextGroup(augmented(main.texts, settings.augmentation, seed=seed)))
        return cls(main.joined(splits), tuple(groups), natural)


def threshold_sources(
    settings: BaseSettings, corpora: Corpora
) -> dict[str | None, tuple[Split, float]]:
    """The dev splits of sources that decisions are tuned on, and their weights, by source.

    Raises:
        DatasetError: a source has other labels than the main data.
    """
    return {
        further.texts: (_source(further, corpora).dev, further.thresholds)
        for further in settings.further
        if further.thresholds and further.texts in corpora.sources
    }


def _check_mixes(settings: BaseSettings, corpora: Corpora) -> None:
    """Only logits of the same labels have a mean."""
    for further in settings.further:
        for name in further.mix:
            _check_labels(name, corpora, f"`mix` of {further.texts} can weigh its label head")


def _source(further: FurtherTexts, corpora: Corpora) -> Dataset:
    _check_labels(further.texts, corpora, "a base can learn from it")
    return corpora.sources[further.texts]


def _check_labels(name: str, corpora: Corpora, aim: str) -> None:
    if corpora.sources[name].labels != corpora.main.labels:
        found, wanted = (
            ", ".join(dataset.labels) for dataset in (corpora.sources[name], corpora.main)
        )
        raise DatasetError(
            f"source {name} has the labels {found}; {aim} if it has those of [data], in this order:"
            f" {wanted}"
        )
