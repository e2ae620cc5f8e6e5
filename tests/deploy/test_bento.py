"""What `bentoml build` packs."""

from pathlib import Path

import pathspec
import yaml

ROOT = Path(__file__).parents[2]
INCLUDED = pathspec.PathSpec.from_lines(
    "gitignore", yaml.safe_load((ROOT / "bentofile.yaml").read_text())["include"]
)


def test_all_files_of_the_runtime_and_the_service_are_packed() -> None:
    for package in ("edgemood", "service"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                assert INCLUDED.match_file(path.relative_to(ROOT)), path


def test_variants_and_licence_are_packed() -> None:
    for path in [*(ROOT / "variants").glob("*.safetensors"), ROOT / "LICENSE"]:
        assert INCLUDED.match_file(path.relative_to(ROOT)), path


def test_neither_compression_nor_tests_are_packed() -> None:
    for package in ("compression", "tests", "benchmarks", "loadtests"):
        for path in (ROOT / package).rglob("*.py"):
            assert not INCLUDED.match_file(path.relative_to(ROOT)), path


def test_files_of_the_same_name_in_environments_are_not_packed() -> None:
    for name in ("LICENSE", "README.md", "edgemood/py.typed", "service/app.py"):
        assert not INCLUDED.match_file(f".venv/lib/python3.11/site-packages/{name}")
