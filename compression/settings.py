"""What decides how a base classifier turns out: its `[base.NAME]` tables in a recipe."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compression.networks import BagSettings, ModelSettings, PositiveInt, Probability
from edgemood.text.tokenizer import TOKENIZER_VERSION
from edgemood.text.vocabulary import MAX_BACKOFF

TRAINING_VERSION = 1
"""Raised whenever the training code would turn the same settings and data into other weights."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Seed = Annotated[int, Field(ge=0, lt=2**32)]


class VocabularySettings(_Settings):
    """`[base.NAME.vocabulary]`: which words of the training split get a row."""

    min_count: PositiveInt = 2
    max_words: PositiveInt = 8000
    by: Annotated[
        Literal["frequency", "information"],
        Field(description="which come first; information is what a word tells of the labels"),
    ] = "frequency"
    backoff: Annotated[
        int,
        Field(ge=0, le=MAX_BACKOFF, description="letters an unknown word may lose to be known"),
    ] = 0


class TrainingSettings(_Settings):
    """`[base.NAME.training]`: AdamW, linear warm-up, cosine decay, averaged weights."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64
    learning_rate: Annotated[float, Field(gt=0)] = 4e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    warmup: Annotated[Probability, Field(description="share of all steps")] = 0.1
    word_dropout: Annotated[Probability, Field(description="chance to become unknown")] = 0.2
    ema_decay: Annotated[Probability, Field(description="of the averaged weights")] = 0.999
    patience: Annotated[PositiveInt, Field(description="epochs without gain on dev")] = 3
    pool: Annotated[
        PositiveInt | None,
        Field(description="batches that are sorted by length together: faster for a GRU"),
    ] = None
    gradient_norm: Annotated[
        float | None, Field(gt=0, description="longer gradients are shortened to it")
    ] = None


class FineTuningSettings(TrainingSettings):
    """`training` of a method that trains the base on: shorter and gentler, where not said."""

    epochs: PositiveInt = 3
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3


class CoTrainingSettings(_Settings):
    """`[base.NAME.distillation.co_training]`: see `compression.training.co_training`."""

    feedback: Annotated[
        float, Field(ge=0, lt=1, description="of the student against labels, for the teacher")
    ] = 0.2


class DistillationSettings(_Settings):
    """`[base.NAME.distillation]`: a teacher that this base learns from."""

    teacher: str
    """Another base, or one of the recipe's transformers."""
    temperature: Annotated[float, Field(ge=1)] = 2.0
    weight: Annotated[float, Field(gt=0, le=1, description="of the teacher against labels")] = 0.7
    co_training: CoTrainingSettings | None = None
    """Where given, both learn from each other before the teacher is frozen."""


class TransformerSettings(_Settings):
    """`[teacher.NAME]`: a pre-trained transformer, see `compression.teachers.transformer`."""

    model: Annotated[str, Field(description="a folder, or a name on the Hugging Face hub")]
    sha256: Annotated[
        str | None,
        Field(pattern="^[0-9a-f]{64}$", description="what model.safetensors must have"),
    ] = None
    seed: Seed = 0
    seeds: Annotated[
        tuple[Seed, ...],
        Field(description="fine-tune once for each; what is taught is the mean of their logits"),
    ] = ()
    epochs: PositiveInt = 2
    batch_size: PositiveInt = 32
    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Annotated[float, Field(gt=0, lt=1, description="share of all steps")] = 0.1
    dropout: Probability = 0.1
    max_tokens: PositiveInt = 96
    added_tokens: tuple[str, ...] = ("[name]", "[religion]")
    judgement: Annotated[
        float,
        Field(ge=0, le=1, description="of what it says against labels, when thresholds are tuned"),
    ] = 0.0
    """For its own thresholds as for its students'; see `compression.teachers.ensemble`."""
    bfloat16: Annotated[bool, Field(description="autocast; halves the time where it is native")] = (
        True
    )

    @model_validator(mode="after")
    def _several_seeds_differ(self) -> Self:
        if self.seeds and len(set(self.seeds)) < max(2, len(self.seeds)):
            raise ValueError("`seeds` wants at least two different ones; for one there is `seed`")
        return self

    def with_seed(self, seed: int) -> Self:
        """The settings of the one fine-tuning with this seed."""
        return self.model_copy(update={"seed": seed, "seeds": ()})


class AugmentationSettings(_Settings):
    """`[base.NAME.augmentation]`: further texts, which only the teacher judges."""

    texts: PositiveInt = 130_000
    seed: Annotated[
        Seed, Field(description="not the base's: all seeds share the teacher's work")
    ] = 0
    dropout: Annotated[Probability, Field(description="of words, in a third of the texts")] = 0.2


class TeacherStart(_Settings):
    """`[base.NAME.embedding]`: the token table begins as a transformer's view of each word."""

    start: Literal["teacher"]
    teacher: str
    frozen: Annotated[bool, Field(description="whether training leaves the table alone")] = False


class FileStart(_Settings):
    """`[base.NAME.embedding]`: the token table begins as a file of word vectors has it."""

    start: Literal["file"]
    path: Annotated[str | None, Field(description="GloVe or word2vec text; or --embeddings")] = None
    frozen: Annotated[bool, Field(description="whether training leaves the table alone")] = False


class BaseStart(_Settings):
    """`[base.NAME.embedding]`: the token table begins as another base's."""

    start: Literal["base"]
    base: str
    frozen: Annotated[bool, Field(description="whether training leaves the table alone")] = False


class BaseSettings(_Settings):
    """`[base.NAME]` of a recipe."""

    seed: Seed = 0
    model: ModelSettings = BagSettings()
    vocabulary: VocabularySettings = VocabularySettings()
    training: TrainingSettings = TrainingSettings()
    distillation: DistillationSettings | None = None
    embedding: (
        Annotated[FileStart | BaseStart | TeacherStart, Field(discriminator="start")] | None
    ) = None
    """Where left out, the token table begins at random."""
    augmentation: AugmentationSettings | None = None

    @model_validator(mode="after")
    def _somebody_judges_augmented_texts(self) -> Self:
        if self.augmentation and not self.distillation:
            raise ValueError("augmented texts have no labels: they want a distillation")
        return self

    def with_fields(self, fields: Mapping[str, Any]) -> Self:
        """The same with other values of some fields, given as paths such as `model.dim`.

        Raises:
            ValueError: a value does not fit, or there is no such field.
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
        """Digest of settings, data and code; the base store adds the teacher's."""
        versions = f"{TOKENIZER_VERSION} {TRAINING_VERSION}"
        facts = [self.model_dump_json(exclude_none=True), data_sha256, versions]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
