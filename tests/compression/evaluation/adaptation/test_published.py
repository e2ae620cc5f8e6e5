"""docs/adapt/results.json holds figures of the files of this checkout."""

import json
from pathlib import Path

from compression.evaluation.adaptation.results import AdaptationEvaluation
from edgemood.format.file import file_sha256

ROOT = Path(__file__).parents[4]
CONTENT = json.loads((ROOT / "docs" / "adapt" / "results.json").read_text(encoding="utf-8"))
PUBLISHED = AdaptationEvaluation.model_validate(CONTENT)


def test_the_variants_are_those_of_the_checkout() -> None:
    former = ROOT / "tests" / "vectors" / "apot-kd-0.2.0.safetensors"
    paths = [ROOT / "variants" / "apot-kd.safetensors", former]
    assert {result.name: result.file_sha256 for result in PUBLISHED.results} == {
        path.stem: file_sha256(path) for path in paths
    }


def test_three_hundred_texts_help() -> None:
    for result in PUBLISHED.results:
        own = next(own for own in result.adapted if own.texts == 300)
        assert own.gain.low > 0
        assert own.ece <= 0.05
