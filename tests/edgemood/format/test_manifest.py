"""Fields of a manifest that are refused."""

import pytest
from pydantic import ValidationError

from edgemood import Artifact


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Has Spaces"},
        {"name": "../escape"},
        {"labels": ()},
        {"labels": ("joy", "joy", "neutral")},
        {"thresholds": (0.5,)},
        {"thresholds": (0.5, 0.5, float("nan"))},
        {"surplus": 1},
    ],
)
def test_what_a_manifest_refuses(artifact: Artifact, change: dict) -> None:
    with pytest.raises(ValidationError):
        artifact.with_manifest(**change)


def test_json_round_trip(artifact: Artifact) -> None:
    manifest = artifact.manifest
    assert type(manifest).model_validate_json(manifest.model_dump_json()) == manifest
