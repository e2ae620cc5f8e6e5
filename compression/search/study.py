"""Looks for the Pareto front of file size and dev macro-F1 over methods, their settings and widths.

What is tried is the recipe's `[search]`; trials are kept in a database that any number of machines
may share, so a search that was cut off, or that should go on, is the same command again. Bases are
kept in the checkpoint folder, hence trials that differ in the method alone train one base.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from compression.data.dataset import Dataset
from compression.errors import CompressionError
from compression.evaluation.scores import with_tuned_thresholds
from compression.evaluation.statistics import manifest_metrics
from compression.methods import METHODS, Method
from compression.metrics.pareto import pareto_front
from compression.progress import log
from compression.recipes.base_store import Bases
from compression.recipes.schema import Recipe, SearchSettings
from compression.settings import BaseSettings

if TYPE_CHECKING:
    import optuna


MOST_BARREN = 50
"""Trials in a row that may come to nothing, before the search is given up."""


@dataclass(frozen=True)
class Found:
    """One finished trial."""

    number: int
    method: str
    settings: dict[str, Any]
    """Of the method, as chosen."""
    widths: dict[str, Any]
    """Fields of the base, as chosen."""
    file_bytes: int
    macro_f1: float


def search(
    recipe: Recipe,
    data: Dataset,
    *,
    trials: int,
    storage: str,
    study: str,
    checkpoints: Path,
    answers: Path | None = None,
    embeddings: Path | None = None,
) -> list[Found]:
    """Go on until the study has so many finished trials.

    Args:
        recipe: its `[search]` says what to try; its bases may serve as teachers.
        data: trials train on its train split and are judged on its dev split.
        trials: finished ones, those of earlier runs and other machines included.
        storage: an Optuna RDB URL, such as `sqlite:///search.db`.
        study: name within the storage.
        checkpoints: folder of trained bases.
        answers: folder of what the recipe's transformers answered elsewhere.
        embeddings: word vectors, for bases that begin with a file and name none.

    Returns:
        All finished trials of the study.

    Raises:
        CompressionError: the recipe has no `[search]`, or the storage cannot be used.
    """
    # Here and not at the top: importing it takes longer than every other command.
    import optuna  # noqa: PLC0415

    if recipe.search is None:
        raise CompressionError(f"recipe {recipe.name} has no [search] table")
    space = recipe.search
    opened = _open_study(storage, study)

    def objective(trial: "optuna.Trial") -> tuple[float, float]:
        # A number is given out once: machines that share a study do not draw the same trials.
        drawn = np.random.SeedSequence([recipe.base[space.base].seed, trial.number])
        opened.sampler = optuna.samplers.TPESampler(seed=int(drawn.generate_state(1)[0]))
        settings, method = _suggest(trial, space, recipe.base[space.base])
        bases = Bases(
            {**recipe.base, space.base: settings},
            data,
            checkpoints,
            teachers=recipe.teacher,
            answers=answers,
            embeddings=embeddings,
        )
        base = bases.checkpoint(space.base)
        supervised = bases.supervision(space.base)
        try:
            compressed = method.compress(base, data, supervised, folder=checkpoints)
        except CompressionError as error:  # a budget out of reach, say: others may be within it
            log(f"trial {trial.number}: {_described(trial.params)}: {error}")
            raise optuna.TrialPruned(str(error)) from error
        artifact = with_tuned_thresholds(
            compressed, data.dev.texts, bases.threshold_targets(space.base)
        )
        method.clear(base, folder=checkpoints)
        size, f1 = len(artifact.to_bytes()), manifest_metrics(artifact, data.dev)["macro_f1"]
        log(f"trial {trial.number}: {_described(trial.params)}: {size:,} bytes, dev F1 {f1:.4f}")
        return float(size), f1

    barren = 0
    while (before := len(finished(opened))) < trials:
        try:
            opened.optimize(objective, n_trials=1)
        except ValueError as error:
            if "dynamic value space" not in str(error):
                raise
            raise CompressionError(
                f"study {study} was begun with other choices; give --study another name"
            ) from error
        barren = 0 if len(finished(opened)) > before else barren + 1
        if barren == MOST_BARREN:
            raise CompressionError(
                f"{barren} trials in a row came to nothing; see [search.methods]"
            )
    return finished(opened)


def finished(study: "optuna.Study") -> list[Found]:
    """The finished trials, in their order."""
    return [
        Found(
            number=trial.number,
            method=trial.params["method"],
            settings=_chosen(trial.params, f"{trial.params['method']}."),
            widths=_chosen(trial.params, "base."),
            file_bytes=int(trial.values[0]),
            macro_f1=trial.values[1],
        )
        for trial in study.get_trials(deepcopy=False)
        if trial.state.is_finished() and trial.values is not None
    ]


def write_front(found: list[Found], recipe: Recipe, folder: Path) -> Iterator[Path]:
    """Write what was found: `search.md`, `search.png`, and `pareto.toml`, which builds the front.

    Yields:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    positions = pareto_front([(trial.file_bytes, trial.macro_f1) for trial in found])
    front = [found[i] for i in positions]
    page = folder / "search.md"
    page.write_text("\n".join(_page(found, front, recipe.name)) + "\n", encoding="utf-8")
    yield page
    picture = folder / "search.png"
    _plot(found, front, picture)
    yield picture
    toml = folder / "pareto.toml"
    toml.write_text("\n".join(_recipe(front, recipe)) + "\n", encoding="utf-8")
    yield toml


def _open_study(storage: str, study: str) -> "optuna.Study":
    import optuna  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = storage.removeprefix("sqlite:///")
    if path != storage:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    directions = [optuna.study.StudyDirection.MINIMIZE, optuna.study.StudyDirection.MAXIMIZE]
    try:
        opened = optuna.create_study(
            study_name=study, storage=storage, directions=directions, load_if_exists=True
        )
    except (ArgumentError, ImportError, SQLAlchemyError, ValueError) as error:
        raise CompressionError(f"storage {storage}: {str(error).splitlines()[0]}") from error
    if opened.directions != directions:
        raise CompressionError(
            f"study {study} is not one of bytes and F1; give --study another name"
        )
    return opened


def _suggest(
    trial: "optuna.Trial", space: SearchSettings, base: BaseSettings
) -> tuple[BaseSettings, Method]:
    import optuna  # noqa: PLC0415

    widths = {name: _choose(trial, f"base.{name}", ways) for name, ways in space.widths.items()}
    kind = str(trial.suggest_categorical("method", list(space.methods)))
    fields = {
        name: _choose(trial, f"{kind}.{name}", ways) for name, ways in space.methods[kind].items()
    }
    try:
        return base.with_fields(widths), METHODS[kind].model_validate(fields)
    except ValidationError as error:  # a combination that does not fit together
        raise optuna.TrialPruned(str(error)) from error


def _choose(trial: "optuna.Trial", name: str, ways: tuple[Any, ...]) -> Any:
    """One of several values; as JSON, since Optuna takes scalars only."""
    return json.loads(trial.suggest_categorical(name, [json.dumps(way) for way in ways]))


def _chosen(parameters: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): json.loads(value)
        for name, value in parameters.items()
        if name.startswith(prefix)
    }


def _described(parameters: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in parameters.items())


def _page(found: list[Found], front: list[Found], name: str) -> Iterator[str]:
    yield f"# Search: {name}"
    yield ""
    yield (
        f"{len(found)} trials; those on the Pareto front of file size and macro-F1, on the dev"
        " split, which also tuned the thresholds. `pareto.toml` builds them."
    )
    yield ""
    yield "![macro-F1 against bytes](search.png)"
    yield ""
    yield "| trial | method | settings | base | bytes | dev macro-F1 |"
    yield "|---:|---|---|---|---:|---:|"
    for trial in front:
        settings, widths = _described(trial.settings), _described(trial.widths)
        yield (
            f"| {trial.number} | {trial.method} | {settings} | {widths}"
            f" | {trial.file_bytes:,} | {trial.macro_f1:.4f} |"
        )


def _recipe(front: list[Found], recipe: Recipe) -> Iterator[str]:
    """A recipe of the front's variants: the bases that they need, each once."""
    assert recipe.search is not None  # noqa: S101  # asked after a search only
    template = recipe.base[recipe.search.base]
    bases = recipe.needed_by(template)
    names: dict[str, str] = {}
    for trial in front:
        key = json.dumps(trial.widths, sort_keys=True)
        if key not in names:
            free = (f"{recipe.search.base}-{i}" for i in itertools.count(len(names)))
            names[key] = next(name for name in free if name not in {**recipe.base, **bases})
            bases[names[key]] = template.with_fields(trial.widths)
    yield f'name = "{recipe.name}-pareto"'
    yield from _table("data", recipe.data.model_dump(mode="json", exclude_none=True))
    for name, teacher in recipe.teacher.items():
        yield from _table(f"teacher.{_key(name)}", teacher.model_dump(mode="json"))
    for name, base in bases.items():
        yield from _table(f"base.{_key(name)}", base.model_dump(mode="json", exclude_none=True))
    for trial in front:
        yield ""
        yield "[[variant]]"
        yield f'name = "trial-{trial.number}"'
        yield f'base = "{names[json.dumps(trial.widths, sort_keys=True)]}"'
        yield f'method = "{trial.method}"'
        yield from _fields(trial.settings)


def _table(name: str, fields: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"[{name}]"
    yield from _fields({k: v for k, v in fields.items() if not isinstance(v, dict)})
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from _table(f"{name}.{_key(key)}", value)


def _fields(fields: Mapping[str, Any]) -> Iterator[str]:
    """Lines of TOML; of scalars and lists the syntax is JSON's."""
    for name, value in fields.items():
        if isinstance(value, dict):
            inner = ", ".join(_fields(value))
            yield f"{_key(name)} = {{ {inner} }}"
        else:
            yield f"{_key(name)} = {json.dumps(value, ensure_ascii=False)}"


def _key(name: str) -> str:
    """A key of TOML, in quotes where it needs them."""
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", name)
    return name if bare else json.dumps(name, ensure_ascii=False)


def _plot(found: list[Found], front: list[Found], path: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    ordered = sorted(found, key=lambda trial: trial.method)
    for method, trials in itertools.groupby(ordered, key=lambda trial: trial.method):
        points = list(trials)
        axes.scatter(
            [trial.file_bytes for trial in points],
            [trial.macro_f1 for trial in points],
            label=method,
            s=18,
        )
    axes.plot(
        [trial.file_bytes for trial in front],
        [trial.macro_f1 for trial in front],
        color="black",
        linewidth=0.8,
        label="Pareto front",
    )
    axes.legend(fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("bytes of the file, all in")
    axes.set_ylabel("macro-F1, dev split")
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=120, metadata={"Software": None, "Creation Time": None})
