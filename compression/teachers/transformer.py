"""A pre-trained transformer, fine-tuned: the teacher of small students.

Any directory or hub name that `transformers` loads will do. Its token vectors are averaged over a
text, and one linear layer gives the logits. The fine-tuned weights, and every answer once it was
asked for, are kept in the checkpoint folder.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from compression.data.dataset import Dataset, Split
from compression.errors import CheckpointError, TeacherError
from compression.metrics.thresholds import best_macro_f1
from compression.progress import say
from compression.settings import TransformerSettings
from compression.teachers.output_cache import Answers
from compression.tensors import load_tensors, save_tensors, to_numpy
from compression.training.word_vectors import Vectors, principal_components
from edgemood.format.artifact import file_sha256

SAVE_EVERY = 200
"""Steps between two states that are kept of an unfinished training."""
TEACHER_VERSION = 1
"""Raised whenever the code below would turn the same settings and data into other weights."""
_METADATA_KEY = "edgemood-fine-tuning"
_TEXTS_AT_ONCE = 64
_WEIGHTS = ("model.safetensors", "config.json", "tokenizer.json")


class Teacher:
    """A transformer that is fine-tuned when it is first asked."""

    def __init__(
        self,
        name: str,
        settings: TransformerSettings,
        data: Dataset,
        folder: Path,
        *,
        answers: Path | None = None,
    ) -> None:
        """Load nothing yet.

        Args:
            name: of the recipe's table.
            settings: which transformer, and how to fine-tune it.
            data: gradients come from its train split; its dev split is only reported.
            folder: keeps weights and answers.
            answers: kept by another teacher of the same key, perhaps on another machine; only read.
        """
        self.name, self._settings, self._data, self._folder = name, settings, data, folder
        self._elsewhere = answers

    @property
    def judgement(self) -> float:
        """How much what it says counts beside labels when thresholds are tuned."""
        return self._settings.judgement

    @cached_property
    def key(self) -> str:
        """Digest of settings, data, code and the pre-trained weights.

        Where the settings say which weights these must be, nothing has to be there to know it.
        """
        own = self._settings.model_dump_json(
            exclude={"model", "seeds", "judgement"}, exclude_none=True
        )
        files = (
            []
            if self._settings.sha256
            else [file_sha256(path) for name in _WEIGHTS if (path := self._source / name).exists()]
        )
        facts = [own, self._data.sha256, str(TEACHER_VERSION), *files]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    @property
    def file_bytes(self) -> int:
        """Bytes of the fine-tuned weights; it is fine-tuned where nothing tells them yet."""
        if not self._path.exists():
            told = self._answers.file_bytes()
            if told is not None:
                return told
            _ = self._network
        return self._path.stat().st_size

    @cached_property
    def _answers(self) -> Answers:
        return Answers(self.name, self.key, self._folder, elsewhere=self._elsewhere)

    @property
    def _path(self) -> Path:
        kept = sorted(self._folder.glob(f"*-{self.key}.safetensors"))
        return kept[0] if kept else self._folder / f"{self.name}-{self.key}.safetensors"

    def logits(self, texts: Sequence[str]) -> Tensor:
        """What it says of texts, to the precision of float16. *Shape:* `(texts, labels)`.

        Raises:
            TeacherError: the transformer cannot be loaded.
            CheckpointError: a kept file is damaged.
        """
        return self._kept("logits", texts, lambda: self._network.logits(texts))

    def word_vectors(self, words: Sequence[str], *, dim: int) -> Vectors:
        """The averaged token vectors of each word as a text of its own.

        Args:
            words: at least `dim` of them.
            dim: how many of the first principal components of their vectors are wanted.
        """

        def compute() -> Tensor:
            vectors = to_numpy(self._network.pooled(words))
            return torch.from_numpy(principal_components(vectors, dim))

        reduced = to_numpy(self._kept(f"words{dim}", words, compute))
        return dict(zip(words, reduced, strict=True))

    def _kept(self, what: str, texts: Sequence[str], compute: Callable[[], Tensor]) -> Tensor:
        return self._answers.of(what, texts, compute, file_bytes=lambda: self.file_bytes)

    @cached_property
    def _source(self) -> Path:
        """The directory of the pre-trained transformer."""
        folder = Path(self._settings.model)
        if folder.is_dir():
            return folder
        from huggingface_hub import snapshot_download  # noqa: PLC0415  # seconds to import

        try:
            files = [*_WEIGHTS, "*.json", "vocab.txt"]
            return Path(snapshot_download(self._settings.model, allow_patterns=files))
        except Exception as error:  # whatever the network, the hub or its client come up with
            problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            raise TeacherError(
                f"teacher {self.name}: {self._settings.model}: neither a folder nor to be had from"
                f" the hub ({problem}); give a folder with --teacher DIR"
            ) from error

    @cached_property
    def _network(self) -> "Transformer":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._check_weights()
        network = Transformer(self._source, self._settings, labels=len(self._data.labels))
        if self._path.exists():
            network.load_state_dict(load_tensors(self._path))
            return network.eval()
        say(f"fine-tuning teacher {self.name}")
        partial = self._folder / f"{self.name}-{self.key}.unfinished.safetensors"
        FineTuning(network, self._settings, self._data, partial).run()
        save_tensors(self._path, network.state_dict(), {})
        partial.unlink(missing_ok=True)
        return network.eval()

    def _check_weights(self) -> None:
        path, wanted = self._source / _WEIGHTS[0], self._settings.sha256
        if wanted and path.exists() and (found := file_sha256(path)) != wanted:
            raise TeacherError(
                f"teacher {self.name}: {path} has the SHA-256 {found}, the recipe asks for"
                f" {wanted}; give the weights that it means, or take `sha256` out of it"
            )


class Transformer(nn.Module):
    """Encoder, mean over tokens, one linear layer."""

    def __init__(self, source: Path, settings: TransformerSettings, *, labels: int) -> None:
        """Load pre-trained weights; the linear layer begins at random, by the settings' seed.

        Raises:
            TeacherError: the directory does not hold a transformer in safetensors.
        """
        from transformers import AddedToken, AutoModel, AutoTokenizer  # noqa: PLC0415  # seconds

        super().__init__()
        self._settings = settings
        try:
            # safetensors only: a pickle could run code.
            self.encoder = AutoModel.from_pretrained(source, use_safetensors=True)
            self.tokenizer = AutoTokenizer.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise TeacherError(f"{source}: {str(error).splitlines()[0]}") from error
        # normalized: they are found in the text as the tokenizer lower-cases it.
        tokens = [AddedToken(token, normalized=True) for token in settings.added_tokens]
        self.tokenizer.add_tokens(tokens)
        torch.manual_seed(settings.seed)
        self.encoder.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        width = self.encoder.config.hidden_size
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(width, labels)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Logits. *Shape:* `(texts, labels)`."""
        logits: Tensor = self.head(self.dropout(self._pooled(texts)))
        return logits

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits in evaluation mode, in portions of similar length."""
        return self._in_portions(texts, self)

    def pooled(self, texts: Sequence[str]) -> Tensor:
        """Averaged token vectors in evaluation mode. *Shape:* `(texts, width)`."""
        return self._in_portions(texts, self._pooled)

    def _pooled(self, texts: Sequence[str]) -> Tensor:
        batch = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._settings.max_tokens,
            return_tensors="pt",
        )
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._settings.bfloat16):
            hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        mean: Tensor = (hidden.float() * mask).sum(1) / mask.sum(1)
        return mean

    @torch.no_grad()
    def _in_portions(
        self, texts: Sequence[str], compute: Callable[[Sequence[str]], Tensor]
    ) -> Tensor:
        was_training = self.training
        self.eval()
        order = np.argsort([len(text) for text in texts], kind="stable")
        starts = range(0, len(texts), _TEXTS_AT_ONCE)
        portions = (
            [texts[i] for i in order[first : first + _TEXTS_AT_ONCE]]
            for first in tqdm(starts, desc="teacher", leave=False, disable=None)
        )
        together = torch.cat([compute(portion) for portion in portions])
        self.train(was_training)
        unsorted = torch.empty_like(together)
        unsorted[torch.from_numpy(order)] = together
        return unsorted


class FineTuning:
    """AdamW, linear warm-up and linear decay, on batches of similar length.

    Every random draw follows from the seed and the step, so a training that was cut off goes on
    from the last state it kept as if nothing had happened.
    """

    def __init__(
        self, network: Transformer, settings: TransformerSettings, data: Dataset, partial: Path
    ) -> None:
        """Begin at the network's weights, or where `partial` left off; it is trained in place."""
        self._network, self._settings, self._data = network, settings, data
        self._partial = partial
        self._targets = torch.from_numpy(data.train.targets.astype(np.float32))
        self._steps = settings.epochs * math.ceil(len(data.train) / settings.batch_size)
        self._optimizer = torch.optim.AdamW(_groups(network, settings.weight_decay), lr=0.0)
        self._done = 0

    def run(self) -> None:
        """Train to the end.

        Raises:
            CheckpointError: the kept state is damaged.
        """
        self._take_up()
        batches = [batch for epoch in range(self._settings.epochs) for batch in self._epoch(epoch)]
        bar = tqdm(total=self._steps, initial=self._done, desc="fine-tuning", disable=None)
        while self._done < self._steps:
            self._step(batches[self._done])
            bar.update()
            per_epoch = self._steps // self._settings.epochs
            if self._done % per_epoch == 0:
                f1 = best_macro_f1(self._scores(self._data.dev), self._data.dev.targets)
                say(f"  epoch {self._done // per_epoch}: dev macro-F1 {f1:.4f}")
            if self._done % SAVE_EVERY == 0:
                self._keep()
        bar.close()

    def _step(self, chosen: Sequence[int]) -> None:
        torch.manual_seed(
            int(np.random.SeedSequence([self._settings.seed, self._done]).generate_state(1)[0])
        )
        self._network.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate(self._done / self._steps)
        logits = self._network([self._data.train.texts[i] for i in chosen])
        loss = functional.binary_cross_entropy_with_logits(logits, self._targets[list(chosen)])
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        self._done += 1

    def _learning_rate(self, progress: float) -> float:
        warmup = self._settings.warmup
        share = progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)
        return self._settings.learning_rate * share

    def _epoch(self, epoch: int) -> Iterator[list[int]]:
        """Batches of texts of similar length, in random order."""
        generator = np.random.default_rng([self._settings.seed, epoch])
        size = self._settings.batch_size
        lengths = np.array([len(text) for text in self._data.train.texts])
        # Noise keeps the same texts from meeting in every epoch.
        order = np.argsort(lengths * generator.uniform(0.8, 1.2, size=len(lengths)), kind="stable")
        batches = [order[i : i + size].tolist() for i in range(0, len(order), size)]
        for i in generator.permutation(len(batches)):
            yield batches[i]

    def _scores(self, split: Split) -> np.ndarray[Any, np.dtype[np.float32]]:
        return torch.sigmoid(self._network.logits(split.texts)).numpy()

    def _keep(self) -> None:
        moments = {
            f"optimizer.{i}/{name}": tensor
            for i, values in self._optimizer.state_dict()["state"].items()
            for name, tensor in values.items()
        }
        weights = {f"network/{name}": t for name, t in self._network.state_dict().items()}
        save_tensors(self._partial, {**weights, **moments}, {_METADATA_KEY: str(self._done)})

    def _take_up(self) -> None:
        if not self._partial.exists():
            return
        try:
            with safetensors.safe_open(self._partial, framework="pt") as file:
                self._done = int((file.metadata() or {})[_METADATA_KEY])
            groups: dict[str, dict[str, Tensor]] = {}
            for full_name, tensor in load_file(self._partial).items():
                group, _, name = full_name.partition("/")
                groups.setdefault(group, {})[name] = tensor
            self._network.load_state_dict(groups.pop("network"))
            state = {int(g.partition(".")[2]): tensors for g, tensors in groups.items()}
            self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
        except (KeyError, RuntimeError, ValueError, safetensors.SafetensorError) as error:
            raise CheckpointError(
                f"{self._partial}: not an unfinished training: {error}; delete it"
            ) from error
        say(f"  going on after step {self._done} of {self._steps}")


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; biases and the weights of layer norms do not."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
