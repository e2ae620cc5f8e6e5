"""The wheel holds the package edgemood, its data and its licence, and nothing else."""

import email
import re
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest
import yaml

import edgemood

build = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling")
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "edgemood"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    (path,) = build.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(path)


@pytest.fixture
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_it_holds_every_file_of_the_package_and_no_other(wheel: zipfile.ZipFile) -> None:
    files = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    expected = {str(path.relative_to(ROOT)) for path in files}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert {"edgemood/py.typed", "edgemood/data/apot-kd.safetensors"} <= expected


def test_the_default_variant_is_packed_unchanged(wheel: zipfile.ZipFile) -> None:
    variant = wheel.read("edgemood/data/apot-kd.safetensors")
    assert variant == (ROOT / "variants" / "apot-kd.safetensors").read_bytes()


def test_the_licence_is_part_of_it(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    (name,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_runtime_needs_three_packages(metadata: Message) -> None:
    needed = [line for line in metadata.get_all("Requires-Dist", ()) if "extra ==" not in line]
    names = [re.split(r"[^\w-]", line)[0] for line in needed]
    assert names == ["numpy", "pydantic", "safetensors"]


def test_all_files_name_one_version(metadata: Message) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    changes = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    found = {metadata["Version"], citation["version"], changes[0]}
    assert found == {edgemood.__version__}


def test_the_lowest_pins_are_the_declared_lower_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = project["dependencies"] + extras["serve"] + extras["client"] + extras["test"]
    bounds = dict(
        re.fullmatch(r"([\w-]+)[>=]=([\w.]+)", line.partition(";")[0]).groups() for line in declared
    )
    lines = (ROOT / "constraints" / "lowest.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    for name, bound in bounds.items():
        assert pins[name].startswith(bound), name
