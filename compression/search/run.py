"""Searches the Pareto front of file size and dev macro-F1 over methods, settings and widths.

The search space is the recipe's `[search]`. Trials are stored in a database that several machines
may share, so the same command continues a search. Bases are stored in the checkpoint folder, so
trials that differ in the method alone share one base.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from compression.checkpoints.checkpoint import Checkpoint
from compression.data.corpora import Corpora
from compression.data.dataset import Dataset
from compression.data.label_counts import check_label_counts
from compression.errors import CompressionError
from compression.evaluation.statistics import manifest_metrics
from compression.methods import Method
from compression.progress import log
from compression.recipes.base_store import BaseStore
from compression.recipes.recipe import Recipe
from compression.recipes.search_settings import SearchSettings
from compression.search.search_space import suggest
from compression.search.study import open_study
from compression.search.trial import Trial, describe, finished_trials
from compression.settings import BaseSettings
from compression.training.supervision import Supervision
from compression.tuning.fit import with_decision
from compression.tuning.settings import DecisionSettings
from edgemood import Artifact

if TYPE_CHECKING:
    import optuna

MAX_FAILURES = 50
"""Trials in a row that may fail before the search ends."""

MakeStore = Callable[[dict[str, BaseSettings]], BaseStore]


def search(
    recipe: Recipe,
    corpora: Corpora,
    *,
    trials: int,
    storage: str,
    study: str,
    checkpoints: Path,
    teacher_outputs: Path | None = None,
    embeddings: Path | None = None,
) -> list[Trial]:
    """Run trials until the study has so many finished ones.

    Args:
        recipe: its `[search]` is the search space; its bases may serve as teachers.
        corpora: trials train on them, and are measured on the dev split of the main dataset.
        trials: number of finished trials, including those of earlier runs and other machines.
        storage: an Optuna RDB URL, such as `sqlite:///search.db`.
        study: name within the storage.
        checkpoints: folder of trained bases.
        teacher_outputs: folder with outputs of the recipe's transformers; only read.
        embeddings: word vectors, for bases that start from a file and name none.

    Returns:
        All finished trials of the study.

    Raises:
        CompressionError: the recipe has no `[search]`, the storage cannot be used, the study was
            begun with other choices, or too many trials failed.
        DatasetError: nothing can be learned from the data, or no threshold tuned on it.
    """
    if recipe.search is None:
        raise CompressionError(f"recipe {recipe.name} has no [search] table")
    data = corpora.main
    check_label_counts(data)

    def make_store(bases: dict[str, BaseSettings]) -> BaseStore:
        return BaseStore(
            bases,
            corpora,
            checkpoints,
            teachers=recipe.teacher,
            teacher_outputs=teacher_outputs,
            embeddings=embeddings,
        )

    opened = open_study(storage, study)
    objective = _Objective(opened, recipe.base, recipe.search, data, make_store, checkpoints)
    failures = 0
    while (before := len(finished_trials(opened))) < trials:
        _run_trial(opened, objective)
        failures = 0 if len(finished_trials(opened)) > before else failures + 1
        if failures == MAX_FAILURES:
            raise CompressionError(f"{failures} trials in a row failed; see [search.methods]")
    return finished_trials(opened)


def _run_trial(study: "optuna.Study", objective: "_Objective") -> None:
    try:
        study.optimize(objective, n_trials=1)
    except ValueError as error:
        if "dynamic value space" not in str(error):
            raise
        raise CompressionError(
            f"study {study.study_name} was begun with other choices; give --study another name"
        ) from error


@dataclass(frozen=True)
class _Objective:
    """File size and dev macro-F1 of a trial."""

    study: "optuna.Study"
    bases: dict[str, BaseSettings]
    space: SearchSettings
    data: Dataset
    make_store: MakeStore
    checkpoints: Path

    def __call__(self, trial: "optuna.Trial") -> tuple[float, float]:
        self._seed_sampler(trial.number)
        settings, method = self._suggest(trial)
        artifact = self._build(trial, settings, method)
        size, f1 = len(artifact.to_bytes()), manifest_metrics(artifact, self.data.dev)["macro_f1"]
        log(f"trial {trial.number}: {describe(trial.params)}: {size:,} bytes, dev F1 {f1:.4f}")
        return float(size), f1

    def _seed_sampler(self, trial: int) -> None:
        """Make choices repeatable.

        Trial numbers are unique, so machines that share a study do not draw the same choices.
        """
        import optuna  # noqa: PLC0415  # slow to import

        sequence = np.random.SeedSequence([self.bases[self.space.base].seed, trial])
        seed = int(sequence.generate_state(1)[0])
        self.study.sampler = optuna.samplers.TPESampler(seed=seed)

    def _suggest(self, trial: "optuna.Trial") -> tuple[BaseSettings, Method]:
        import optuna  # noqa: PLC0415  # slow to import

        try:
            return suggest(trial, self.space, self.bases[self.space.base])
        except ValidationError as error:  # choices that do not fit together
            raise optuna.TrialPruned(str(error)) from error

    def _build(self, trial: "optuna.Trial", settings: BaseSettings, method: Method) -> Artifact:
        name = self.space.base
        store = self.make_store({**self.bases, name: settings})
        base, supervision = store.checkpoint(name), store.supervision(name)
        artifact = self._compress(trial, method, base, supervision)
        tuned = with_decision(artifact, DecisionSettings(), store.tuning_texts(name))
        method.clear(base, folder=self.checkpoints)
        return tuned

    def _compress(
        self, trial: "optuna.Trial", method: Method, base: Checkpoint, supervision: Supervision
    ) -> Artifact:
        import optuna  # noqa: PLC0415  # slow to import

        try:
            return method.compress(base, self.data, supervision, folder=self.checkpoints)
        except CompressionError as error:  # such as a budget that is too small
            log(f"trial {trial.number}: {describe(trial.params)}: {error}")
            raise optuna.TrialPruned(str(error)) from error
