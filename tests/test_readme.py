"""Every `console` example of the README, run against the variants that ship."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "docs" / "shipped"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, str]]:
    """Commands and what the README says they print."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    parts = [re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] for block in blocks]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for p in parts for part in p]


CURL = [(command, answer) for command, answer in examples() if command.startswith("curl")]
EDGEMOOD = [(command, answer) for command, answer in examples() if "edgemood" in command.split()[0]]


@pytest.fixture(scope="module")
def url(run_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("readme")
    with run_server(folder, EMOTION_ADMIN_TOKEN="change-me") as server:
        yield server.url


def test_nothing_is_left_out() -> None:
    assert len(CURL) >= 5
    assert len(CURL) + len(EDGEMOOD) == len(examples())


@pytest.mark.parametrize(("command", "answer"), CURL, ids=range(len(CURL)))
def test_curl(command: str, answer: str, url: str) -> None:
    found, expected = curl(command, url), json.loads(answer)
    for body in (found, found.get("error", {}), expected, expected.get("error", {})):
        body.pop("request_id", None)
        body.pop("receipt", None)
    assert_alike(found, expected)


@pytest.mark.parametrize(("command", "answer"), EDGEMOOD)
def test_edgemood(command: str, answer: str) -> None:
    _, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", "edgemood", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == answer


def test_the_tables_rows_are_those_that_report_made() -> None:
    made = (SHIPPED / "results.md").read_text(encoding="utf-8").splitlines()
    table = re.search(r"^\| variant \| method \|.*?(?=\n\n)", README, re.DOTALL | re.MULTILINE)
    assert table is not None
    lines = table[0].splitlines()
    assert set(lines) <= set(made)
    names = {line.split(" | ")[0].removeprefix("| ") for line in lines[2:]}
    assert names == {path.stem for path in (ROOT / "variants").glob("*.safetensors")}


def test_what_students_keep_is_what_report_made() -> None:
    made = (ROOT / "docs" / "students" / "results.md").read_text(encoding="utf-8").splitlines()
    table = re.search(r"^\| variant \| bytes \| times.*?(?=\n\n)", README, re.DOTALL | re.MULTILINE)
    assert table is not None
    assert set(table[0].splitlines()) <= set(made)
    teacher = json.loads((SHIPPED / "results.json").read_text())["teachers"][0]
    f1, size = teacher["macro_f1"], teacher["file_bytes"]
    interval = f"{f1['estimate']:.4f} [{f1['low']:.4f}, {f1['high']:.4f}]"
    assert f"macro-F1 {interval} at\n{size:,} bytes" in README


def test_the_figures_are_those_of_the_files_that_ship() -> None:
    results = json.loads((SHIPPED / "results.json").read_text())["results"]
    sizes = {path.stem: path.stat().st_size for path in (ROOT / "variants").glob("*.safetensors")}
    found = {r["name"]: r["sizes"]["file"] for r in results}
    assert {name: found[name] for name in sizes} == sizes


def curl(command: str, url: str) -> dict[str, Any]:
    """The part of curl that the README uses."""
    words = iter(shlex.split(command)[1:])
    options: dict[str, Any] = {"method": None, "url": None, "headers": {}, "content": None}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            options["headers"][name] = value
        elif word == "-d":
            options["content"] = next(words)
        elif word == "-X":
            options["method"] = next(words)
        elif word != "-s":
            options["url"] = word.replace("localhost:3000", url)
    options["method"] = options["method"] or ("POST" if options["content"] else "GET")
    return httpx.request(**options).json()


def assert_alike(found: Any, expected: Any) -> None:
    """Equal, but for the last digits of a score, which differ between processors."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_alike(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=2e-3)
    else:
        assert found == expected
