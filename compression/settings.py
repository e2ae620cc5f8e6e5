"""The settings of bases and teachers: the `[base.NAME]` and `[teacher.NAME]` tables of a recipe."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from compression.networks import BagSettings, ModelSettings, PositiveInt, Probability
from compression.recipe_table import Array, RecipeTable
from edgemood.text.tokenizers import CURRENT_VERSION
from edgemood.text.vocabulary import MAX_BACKOFF, MAX_WORDS

TRAINING_VERSION = 1
"""Incremented with every code change that gives other weights for the same settings and data."""


Seed = Annotated[int, Field(ge=0, lt=2**32)]


class VocabularySettings(RecipeTable):
    """`[base.NAME.vocabulary]`: which words of the training split get a row."""

    min_count: PositiveInt = 2
    max_words: Annotated[int, Field(ge=1, le=MAX_WORDS)] = 8000
    by: Annotated[
        Literal["frequency", "information"],
        Field(description="order of the words; information: mutual information with the labels"),
    ] = "frequency"
    backoff: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_BACKOFF,
            description="letters that an unknown word may lose to match a known one",
        ),
    ] = 0


class TrainingSettings(RecipeTable):
    """`[base.NAME.training]`: AdamW, linear warm-up, cosine decay, averaged weights."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64
    learning_rate: Annotated[float, Field(gt=0)] = 4e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    warmup: Annotated[Probability, Field(description="share of all steps")] = 0.1
    word_dropout: Annotated[
        Probability, Field(description="probability that a word becomes unknown")
    ] = 0.2
    ema_decay: Annotated[
        Probability, Field(description="of the exponential moving average of the weights")
    ] = 0.999
    patience: Annotated[
        PositiveInt, Field(description="epochs without a better dev macro-F1 before training stops")
    ] = 3
    pool: Annotated[
        PositiveInt | None,
        Field(description="batches whose texts are sorted by length together; faster for a GRU"),
    ] = None
    gradient_norm: Annotated[
        float | None, Field(gt=0, description="gradients are clipped to this norm")
    ] = None


class FineTuningSettings(TrainingSettings):
    """`training` of a method that fine-tunes the base: fewer epochs and a lower learning rate."""

    epochs: PositiveInt = 3
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3


class CoTrainingSettings(RecipeTable):
    """`[base.NAME.distillation.co_training]`: see `compression.training.co_training`."""

    feedback: Annotated[
        float,
        Field(
            ge=0, lt=1, description="weight of the student's scores against labels, for the teacher"
        ),
    ] = 0.2


class DistillationSettings(RecipeTable):
    """`[base.NAME.distillation]`: the teacher of this base."""

    teacher: str
    """The name of another base, or of one of the recipe's transformers."""
    temperature: Annotated[float, Field(ge=1)] = 2.0
    weight: Annotated[
        float, Field(gt=0, le=1, description="of the teacher's scores against labels")
    ] = 0.7
    co_training: CoTrainingSettings | None = None
    """If given, both train together before the teacher is frozen."""


class TransformerSettings(RecipeTable):
    """`[teacher.NAME]`: a pre-trained transformer, see `compression.teachers.teacher`."""

    model: Annotated[str, Field(description="a folder, or a name on the Hugging Face hub")]
    sha256: Annotated[
        str | None,
        Field(pattern="^[0-9a-f]{64}$", description="of model.safetensors"),
    ] = None
    sources: Annotated[
        Array[str],
        Field(description="further datasets to fine-tune on; each gets a label head of its own"),
    ] = ()
    seed: Seed = 0
    seeds: Annotated[
        Array[Seed],
        Field(description="fine-tune once for each; students learn from the mean of the logits"),
    ] = ()
    epochs: PositiveInt = 2
    batch_size: PositiveInt = 32
    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Annotated[float, Field(gt=0, lt=1, description="share of all steps")] = 0.1
    dropout: Probability = 0.1
    max_tokens: PositiveInt = 96
    added_tokens: Array[str] = ("[name]", "[religion]")
    judgement: Annotated[
        float,
        Field(
            ge=0, le=1, description="weight of its scores against labels when thresholds are tuned"
        ),
    ] = 0.0
    """Also for the thresholds of its students; see `compression.teachers.soft_labels`."""
    bfloat16: Annotated[
        bool, Field(description="autocast; halves the time on hardware with bfloat16")
    ] = True

    @model_validator(mode="after")
    def _several_seeds_differ(self) -> Self:
        if self.seeds and len(set(self.seeds)) < max(2, len(self.seeds)):
            raise ValueError("`seeds` needs at least two different seeds; use `seed` for one")
        return self

    def with_seed(self, seed: int) -> Self:
        """The settings of the fine-tuning with this seed."""
        return self.model_copy(update={"seed": seed, "seeds": ()})


class AugmentationSettings(RecipeTable):
    """`[base.NAME.augmentation]`: synthetic texts, labelled by the teacher only."""

    texts: PositiveInt = 130_000
    seed: Annotated[
        Seed, Field(description="not the base's: bases of all seeds share the teacher's outputs")
    ] = 0
    dropout: Annotated[
        Probability,
        Field(description="probability that a word is dropped, in a third of the texts"),
    ] = 0.2


class FurtherTexts(RecipeTable):
    """`[[base.NAME.further]]`: other texts that this base learns from."""

    texts: Annotated[str, Field(description="the name of a [source.NAME] or a [texts.NAME]")]
    mix: Annotated[
        dict[str, Annotated[float, Field(gt=0, le=1)]],
        Field(
            description="weights of the teacher's label heads of sources; the head of [data] has"
            " the rest"
        ),
    ] = {}  # noqa: RUF012  # pydantic copies defaults
    thresholds: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="weight of the source's dev split when thresholds are tuned; [data] has the"
            " rest",
        ),
    ] = 0.0

    @model_validator(mode="after")
    def _weights_leave_a_rest(self) -> Self:
        if sum(self.mix.values()) > 1:
            raise ValueError("the weights in `mix` add up to more than 1")
        return self


class TeacherStart(RecipeTable):
    """`[base.NAME.embedding]`: the initial token table holds a teacher's word vectors."""

    start: Literal["teacher"]
    teacher: str
    frozen: Annotated[bool, Field(description="whether training leaves the table unchanged")] = (
        False
    )


class FileStart(RecipeTable):
    """`[base.NAME.embedding]`: the initial token table comes from a file of word vectors."""

    start: Literal["file"]
    path: Annotated[str | None, Field(description="GloVe or word2vec text; or --embeddings")] = None
    frozen: Annotated[bool, Field(description="whether training leaves the table unchanged")] = (
        False
    )


class BaseStart(RecipeTable):
    """`[base.NAME.embedding]`: the initial token table is another base's."""

    start: Literal["base"]
    base: str
    frozen: Annotated[bool, Field(description="whether training leaves the table unchanged")] = (
        False
    )


class BaseSettings(RecipeTable):
    """`[base.NAME]` of a recipe."""

    seed: Seed = 0
    model: ModelSettings = BagSettings()
    vocabulary: VocabularySettings = VocabularySettings()
    training: TrainingSettings = TrainingSettings()
    distillation: DistillationSettings | None = None
    embedding: (
        Annotated[FileStart | BaseStart | TeacherStart, Field(discriminator="start")] | None
    ) = None
    """If missing, the initial token table is random."""
    augmentation: AugmentationSettings | None = None
    further: Array[FurtherTexts] = ()

    @model_validator(mode="after")
    def _unlabelled_texts_need_a_teacher(self) -> Self:
        if self.augmentation and not self.distillation:
            raise ValueError("augmented texts have no labels: `augmentation` needs `distillation`")
        if self.further and not self.distillation:
            raise ValueError("a teacher judges the texts of `further`: add `distillation`")
        if len({further.texts for further in self.further}) < len(self.further):
            raise ValueError("`further` names the same texts twice")
        if sum(further.thresholds for further in self.further) >= 1:
            raise ValueError("the weights `thresholds` of `further` leave no rest for [data]")
        return self

    def with_fields(self, fields: Mapping[str, Any]) -> Self:
        """A copy with other values of some fields, given by paths such as `model.dim`.

        Raises:
            ValueError: a value is invalid, or a field does not exist.
        """
        settings = self.model_dump()
        for path, value in fields.items():
            *tables, name = path.split(".")
            table: Any = settings
            for step in tables:
                table = table.get(step) if isinstance(table, dict) else None
            if not isinstance(table, dict) or name not in table:
                raise ValueError(f"this base has no {path}")
            table[name] = value
        return self.model_validate(settings)

    def key(self, data_sha256: str) -> str:
        """Digest of settings, data and code; the base store adds the key of the teacher."""
        versions = f"{CURRENT_VERSION} {TRAINING_VERSION}"
        facts = [self.model_dump_json(exclude_none=True), data_sha256, versions]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
