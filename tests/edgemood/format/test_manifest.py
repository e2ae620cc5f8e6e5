"""Fields of a manifest that are refused, and the version of the format that its fields need."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from edgemood import Artifact, VariantFile
from edgemood.errors import DamagedFileError
from edgemood.format import container
from edgemood.format.manifest import needed_version

CALIBRATION = {"slopes": (0.5, 1, 2.0), "biases": (0, -1.5, 3)}
ABSTENTION = {"threshold": 0.4, "coverage": 0.9}
ADAPTATION = {
    "weights": ((1, 0, 0), (0, 1.5, -0.5), (0, 0, 1)),
    "biases": (0, 0.5, -1.0),
    "parent": {"name": "parent", "sha256": 64 * "0"},
    "texts": 300,
    "gain": 0.05,
    "gain_low": 0.02,
    "gain_high": 0.08,
}
JOINED = {
    **ADAPTATION,
    "joined": ((0, 2),),
    "weights": ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1)),
}
NEWER = [
    ({"calibration": CALIBRATION}, 4),
    ({"abstention": ABSTENTION}, 4),
    ({"decision": "single-label", "thresholds": (0, 0, 0)}, 4),
    ({"adaptation": ADAPTATION}, 5),
    ({"adaptation": JOINED, "calibration": CALIBRATION}, 5),
]


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


@pytest.mark.parametrize("field", ["slopes", "biases"])
@pytest.mark.parametrize(
    "values", [(1, 1), (1,) * 4, (), (1, 1, float("nan")), (1, 1, float("inf")), (1, 1, 1001),
               (1, 1, -1001), (1, 1, "1"), (1, 1, True), (1, 1, None), 1, None],
)  # fmt: skip
def test_calibrations_that_are_refused(artifact: Artifact, field: str, values: object) -> None:
    with pytest.raises(ValidationError, match=rf"calibration\.{field}"):
        artifact.with_manifest(calibration={**CALIBRATION, field: values})


@pytest.mark.parametrize("slope", [0, -1, 1e-4, 5e-324])
def test_slopes_are_above_zero(artifact: Artifact, slope: float) -> None:
    with pytest.raises(ValidationError, match=r"calibration\.slopes\.1"):
        artifact.with_manifest(calibration={**CALIBRATION, "slopes": (1, slope, 1)})


@pytest.mark.parametrize("field", ["threshold", "coverage", "accuracy", "precision"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True, (0.5,)])
def test_abstentions_that_are_refused(artifact: Artifact, field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=rf"abstention\.{field}"):
        artifact.with_manifest(abstention={**ABSTENTION, field: value})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"calibration": {"slopes": (1, 1, 1)}}, "calibration.biases"),
        ({"calibration": {**CALIBRATION, "temperature": 2}}, "calibration.temperature"),
        ({"abstention": {"threshold": 0.4}}, "abstention.coverage"),
        ({"abstention": {**ABSTENTION, "share": 1}}, "abstention.share"),
        ({"decision": "argmax"}, "decision"),
        ({"decision": None}, "decision"),
        ({"decision": "single-label"}, "thresholds: those of a single-label variant must be 0"),
    ],
)
def test_other_fields_that_are_refused(artifact: Artifact, change: dict, problem: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(problem)):
        artifact.with_manifest(**change)


@pytest.mark.parametrize(("change", "version"), NEWER)
def test_a_file_has_the_lowest_version_that_its_fields_need(
    artifact: Artifact, change: dict, version: int
) -> None:
    assert artifact.manifest.format_version == 3
    newer = artifact.with_manifest(**change)
    assert newer.manifest.format_version == needed_version(newer.manifest.model_dump()) == version
    unused = {
        **dict.fromkeys(("calibration", "abstention", "adaptation")),
        "decision": "multi-label",
    }
    older = newer.with_manifest(**unused, thresholds=artifact.manifest.thresholds)
    assert older.to_bytes() == artifact.to_bytes()


@pytest.mark.parametrize(("change", "version"), NEWER)
def test_fields_that_the_stated_version_does_not_have(
    artifact: Artifact, change: dict, version: int
) -> None:
    problem = rf"{next(iter(change))}: needs the format_version {version}"
    with pytest.raises(ValidationError, match=problem):
        artifact.with_manifest(format_version=version - 1, **change)


def test_fields_that_are_not_used_are_not_shown(artifact: Artifact) -> None:
    fields = artifact.manifest.model_dump(mode="json")
    assert not {"calibration", "decision", "abstention", "adaptation"} & fields.keys()
    newer = artifact.with_manifest(abstention=ABSTENTION).manifest.model_dump(mode="json")
    assert newer["abstention"] == {**ABSTENTION, "accuracy": None, "precision": None}
    assert not {"calibration", "decision", "adaptation"} & newer.keys()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("weights", ((1, 0, 0), (0, 1, 0)), "3 labels but 2"),
        ("weights", ((1, 0, 0), (0, 1), (0, 0, 1)), "rows of different lengths"),
        ("weights", ((), (), ()), "weights: 0 of a label"),
        ("weights", (), "weights"),
        ("weights", ((1, 0, 0), (0, float("nan"), 0), (0, 0, 1)), "weights.1.1"),
        ("weights", ((1, 0, 0), (0, float("inf"), 0), (0, 0, 1)), "weights.1.1"),
        ("weights", ((1, 0, 0), (0, 1001, 0), (0, 0, 1)), "weights.1.1"),
        ("weights", ((1, 0, 0), (0, "1", 0), (0, 0, 1)), "weights.1.1"),
        ("weights", ((600, -600, 0), (0, 1, 0), (0, 0, 1)), "add up to over 1000"),
        ("weights", ((0.0,) * 5462,) * 3, "weights: 5462 of a label"),
        ("weights", ((0.0,) * 1000,) * 17, "weights: more than 16,384"),
        ("biases", (0, 0), "3 labels but 2"),
        ("biases", (0, 0, 1001), "biases.2"),
        ("biases", (0, 0, float("nan")), "biases.2"),
        ("joined", ((0,),), "two or more different"),
        ("joined", ((0, 0),), "two or more different"),
        ("joined", ((0, 2),), "two or more different"),
        ("joined", ((-1, 0),), "joined.0.0"),
        ("joined", ((0, 1), (0, 1), (0, 1)), "weights: 3 of a label, 3 of joined"),
        ("parent", {"name": "a"}, "parent.sha256"),
        ("parent", {"name": "../a", "sha256": 64 * "0"}, "parent.name"),
        ("parent", {"name": "a", "sha256": 64 * "G"}, "parent.sha256"),
        ("parent", None, "parent"),
        ("texts", 1.5, "texts"),
        ("gain", 1.5, "gain"),
        ("gain_low", float("nan"), "gain_low"),
        ("surplus", 1, "surplus"),
    ],
)
def test_adaptations_that_are_refused(
    artifact: Artifact, field: str, value: object, problem: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(problem)):
        artifact.with_manifest(adaptation={**ADAPTATION, field: value})


def test_a_calibration_belongs_to_the_logits_and_not_to_the_labels(artifact: Artifact) -> None:
    """The network has three outputs, and the file two labels."""
    changes = {
        "labels": ("good", "bad"),
        "thresholds": (0.5, 0.5),
        "adaptation": {**ADAPTATION, "weights": ((1, 0, 0), (0, 1, 0)), "biases": (0, 0)},
    }
    manifest = artifact.with_manifest(calibration=CALIBRATION, **changes).manifest
    assert (manifest.outputs, artifact.manifest.outputs) == (3, 3)
    with pytest.raises(ValidationError, match=r"calibration\.slopes: 3 logits but 2"):
        artifact.with_manifest(calibration={"slopes": (1, 1), "biases": (0, 0)}, **changes)


@pytest.mark.parametrize("change", [{}, *(change for change, _ in NEWER)])
def test_json_round_trip(artifact: Artifact, change: dict) -> None:
    manifest = artifact.with_manifest(**change).manifest
    assert type(manifest).model_validate_json(manifest.model_dump_json()) == manifest


@pytest.mark.parametrize("change", [change for change, _ in NEWER])
def test_file_round_trip(artifact: Artifact, artifact_path: object, change: dict) -> None:
    newer = artifact.with_manifest(**change)
    newer.save(artifact_path)
    assert Artifact.open(artifact_path).manifest == newer.manifest


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("calibration", {"slopes": [1, 1], "biases": [0, 0, 0]}, "calibration.slopes: 3 labels"),
        ("calibration", {"slopes": [1, 1, 1], "biases": [0]}, "calibration.biases: 3 labels"),
        ("calibration", {"slopes": [1, -1, 1], "biases": [0, 0, 0]}, "calibration.slopes.1: "),
        ("calibration", {"slopes": [1, 1, 1], "biases": [0, 1e18, 0]}, "calibration.biases.1: "),
        ("calibration", {"slopes": [1e-30] * 3, "biases": [0] * 3}, "calibration.slopes.0: "),
        ("calibration", {"slopes": [1] * 5000, "biases": [0] * 3}, "calibration.slopes: "),
        ("calibration", [], "calibration: "),
        ("abstention", {"threshold": 2, "coverage": 1}, "abstention.threshold: "),
        ("abstention", {"threshold": 0.5, "coverage": "all"}, "abstention.coverage: "),
        ("decision", "", "decision: "),
        ("adaptation", {**ADAPTATION, "texts": 0}, "adaptation.texts: "),
        ("adaptation", {**JOINED, "joined": [[0, 3]]}, "joined: a group is two or more"),
        ("decision", "single-label", "thresholds: those of a single-label variant must be 0"),
    ],
)
def test_the_wrong_field_of_a_decision_is_named(
    artifact: Artifact, name: str, value: object, problem: str
) -> None:
    fields = {**artifact.manifest.model_dump(mode="json"), "format_version": 5, name: value}
    file = VariantFile(Path("hostile"), container.to_bytes(fields, artifact.arrays()))
    with pytest.raises(DamagedFileError, match=rf"hostile: manifest: .*{re.escape(problem)}"):
        Artifact.from_file(file)
