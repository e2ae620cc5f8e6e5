"""Finished trials of a study."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Trial:
    """A finished trial: what was chosen, and what it reached on dev."""

    number: int
    method: str
    settings: dict[str, Any]
    """Chosen fields of the method."""
    widths: dict[str, Any]
    """Chosen fields of the base, by path."""
    file_bytes: int
    macro_f1: float


def finished_trials(study: "optuna.Study") -> list[Trial]:
    """The finished trials of a study, by number."""
    return [
        Trial(
            number=trial.number,
            method=trial.params["method"],
            settings=_choices(trial.params, f"{trial.params['method']}."),
            widths=_choices(trial.params, "base."),
            file_bytes=int(trial.values[0]),
            macro_f1=trial.values[1],
        )
        for trial in study.get_trials(deepcopy=False)
        if trial.state.is_finished() and trial.values is not None
    ]


def describe(parameters: Mapping[str, Any]) -> str:
    """`NAME=VALUE` for each parameter."""
    return " ".join(f"{name}={value}" for name, value in parameters.items())


def _choices(parameters: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values that `search_space` suggested for names with a prefix."""
    return {
        name.removeprefix(prefix): json.loads(value)
        for name, value in parameters.items()
        if name.startswith(prefix)
    }
