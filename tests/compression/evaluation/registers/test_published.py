"""docs/registers/results.json holds figures of the files and sentences of this checkout."""

import json
from pathlib import Path

from compression.evaluation.registers.lists import fingerprint, read_registers
from compression.evaluation.registers.results import RegisterEvaluation
from edgemood.format.file import file_sha256

ROOT = Path(__file__).parents[4]
CONTENT = json.loads((ROOT / "docs" / "registers" / "results.json").read_text(encoding="utf-8"))
PUBLISHED = RegisterEvaluation.model_validate(CONTENT)


def test_the_sentences_are_those_of_the_checkout() -> None:
    registers = read_registers(ROOT / "tests" / "system" / "registers")
    assert PUBLISHED.fingerprint == fingerprint(registers)


def test_the_variants_are_those_of_the_checkout() -> None:
    files = {path.stem: file_sha256(path) for path in (ROOT / "variants").glob("*.safetensors")}
    assert {r.name: r.file_sha256 for r in PUBLISHED.results if not r.before} == files
