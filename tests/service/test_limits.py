"""Limits: defaults, values, refusals, and the table of the docs."""

import re
import resource
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.limits import KIB, MIB, Limits

DOCS = Path(__file__).parents[2] / "docs" / "serve.md"
UNITS = {"": 1, "KiB": KIB, "MiB": MIB, "s": 1}


def documented() -> dict[str, float]:
    """Variable -> default, as the table has it."""
    section = DOCS.read_text(encoding="utf-8").partition("\n## Limits\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(EMOTION_\w+)` \| ([\d.,]+) ?(\w*)(?:/s)? \|", section, re.MULTILINE)
    return {name: float(figure.replace(",", "")) * UNITS[unit] for name, figure, unit in rows}


def test_the_docs_list_every_limit_with_its_default() -> None:
    assert documented() == {f.alias: f.default for f in Limits.model_fields.values()}


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Limits.from_environment({"EMOTION_MAX_CONCURRENCY": "", "OTHER": "1"}) == Limits()


@pytest.mark.parametrize(("files", "expected"), [(1024, 768), (resource.RLIM_INFINITY, 1000)])
def test_the_default_of_connections_fits_the_files_that_may_be_open(
    files: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, files))
    assert Limits.from_environment({}).max_connections == expected
    assert Limits.from_environment({"EMOTION_MAX_CONNECTIONS": "900"}).max_connections == 900


@pytest.mark.parametrize("alias", [field.alias for field in Limits.model_fields.values()])
@pytest.mark.parametrize("value", ["-1", "many", "nan", "inf"])
def test_no_limit_takes_nonsense(alias: str, value: str) -> None:
    with pytest.raises(ValidationError) as error:
        Limits.from_environment({alias: value})
    assert error.value.errors()[0]["loc"] == (alias,)


def test_the_description_has_every_limit() -> None:
    described = Limits(max_concurrency=9).describe()
    assert described.startswith("limits of a worker: max_concurrency=9")
    assert "\n" not in described
    assert all(f" {name}=" in described for name in Limits.model_fields)


@pytest.mark.parametrize(
    ("fitting", "name", "value"),
    [
        (
            {"EMOTION_LARGE_SLOTS": "3", "EMOTION_MAX_BODY_BYTES_IN_FLIGHT": str(4 * MIB)},
            "EMOTION_MAX_BODY_BYTES_IN_FLIGHT",
            4 * MIB - 1,
        ),
        (
            {"EMOTION_MAX_CONNECTIONS": "5000", "EMOTION_SMALL_BODY_RESERVE": str(10_240_000)},
            "EMOTION_SMALL_BODY_RESERVE",
            10_240_000 - 1,
        ),
    ],
)
def test_limits_must_fit_together(fitting: dict[str, str], name: str, value: int) -> None:
    Limits.from_environment(fitting)
    with pytest.raises(ValidationError, match=rf"{name}: must be at least {value + 1}, "):
        Limits.from_environment({**fitting, name: str(value)})
