"""`edgemood inspect`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from edgemood import Artifact

Run = Callable[..., tuple[int, str, str]]


def test_description(run: Run, artifact_path: Path) -> None:
    status, out, _ = run("inspect", str(artifact_path))
    assert status == 0
    fields = [line.split() for line in out.splitlines()]
    content = artifact_path.read_bytes()
    assert fields[0] == [str(artifact_path), f"{len(content):,}", "bytes"]
    assert ["sha256", hashlib.sha256(content).hexdigest()] in fields
    assert ["embedding", "dense", "9x2", "72", "72"] in fields
    assert ["neutral", "threshold", "0.600"] in fields


def test_sizes_add_up(run: Run, artifact_path: Path) -> None:
    _, out, _ = run("inspect", str(artifact_path))
    lines = out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.lstrip().startswith("part")) + 1
    last = next(i for i, line in enumerate(lines) if line.lstrip().startswith("all "))
    *parts, header = (line.replace(",", "").split() for line in lines[first:last])
    total = sum(int(columns[-2]) for columns in parts) + int(header[-1])
    assert total == artifact_path.stat().st_size


def test_provenance_and_metrics(run: Run, artifact_path: Path, artifact: Artifact) -> None:
    provenance = {
        "recipe": "default",
        "data_sha256": "0" * 64,
        "seed": 7,
        "parent": "none",
        "edgemood_version": "0",
    }
    measured = artifact.with_manifest(provenance=provenance, metrics={"dev": {"macro_f1": 0.5}})
    measured.save(artifact_path)
    fields = [line.split() for line in run("inspect", str(artifact_path))[1].splitlines()]
    assert ["dev", "macro_f1=0.5"] in fields
    assert any(line[:1] == ["provenance"] and "seed=7" in line for line in fields)


def test_calibration_and_abstention(run: Run, artifact_path: Path, artifact: Artifact) -> None:
    calibration = {"slopes": (0.5, 1, 2), "biases": (0, -1.25, 1)}
    abstention = {"threshold": 0.4, "coverage": 0.9, "precision": 0.7}
    artifact.with_manifest(calibration=calibration, abstention=abstention).save(artifact_path)
    fields = [line.split() for line in run("inspect", str(artifact_path))[1].splitlines()]
    assert ["abstention", "threshold=0.4", "coverage=0.9", "precision=0.7"] in fields
    assert ["sadness", "threshold", "0.500", "slope", "1.000", "bias", "-1.250"] in fields


def test_adaptation(run: Run, artifact_path: Path, artifact: Artifact) -> None:
    adaptation = {
        "joined": ((1, 2),),
        "weights": ((1, 0, 0, 0), (0, 0, 0, 1)),
        "biases": (0, 0),
        "parent": {"name": "parent", "sha256": 64 * "c"},
        "texts": 1200,
        "gain": 0.05,
        "gain_low": 0.0123,
        "gain_high": 0.08,
    }
    changes = {"labels": ("joy", "rest"), "thresholds": (0.5, 0.25)}
    artifact.with_manifest(adaptation=adaptation, **changes).save(artifact_path)
    lines = [line.split() for line in run("inspect", str(artifact_path))[1].splitlines()]
    (found,) = (" ".join(line[1:]) for line in lines if line[:1] == ["adaptation"])
    assert found == (
        f"of parent ({64 * 'c'}) to 1,200 texts, macro-F1 +0.050 [+0.012, +0.080]; 2x4 weights"
    )
    assert ["rest", "threshold", "0.250"] in lines


def test_a_single_label_variant_has_no_thresholds(
    run: Run, artifact_path: Path, artifact: Artifact
) -> None:
    artifact.with_manifest(decision="single-label", thresholds=(0, 0, 0)).save(artifact_path)
    lines = run("inspect", str(artifact_path))[1].splitlines()
    assert "  joy" in lines
    assert any(line.split()[:2] == ["decision", "single-label:"] for line in lines)
    assert not any("threshold" in line for line in lines)


def test_manifest_as_json(run: Run, artifact_path: Path) -> None:
    _, out, _ = run("inspect", "--json", str(artifact_path))
    assert json.loads(out)["labels"] == ["joy", "sadness", "neutral"]


def test_several_files(run: Run, artifact_path: Path) -> None:
    _, once, _ = run("inspect", str(artifact_path))
    assert run("inspect", str(artifact_path), str(artifact_path))[1] == once * 2
