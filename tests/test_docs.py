"""README and documentation: figures, examples, links and paths.

Figures are in generated blocks, and `docs/generator` must find nothing to change. Examples run
against the variants that ship, commands of curl on one server for each page.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
FOLDERS = (
    *("benchmarks", "compression", "constraints", "deploy", "docs", "edgemood", "loadtests"),
    *("service", "teacher_outputs", "tests", "variants"),
)
"""Folders of the checkout that pages name."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SERVER = "http://localhost:3000"
ADMIN_TOKEN = "change-this-token"
"""As the examples have it."""

RunServer = Callable[..., AbstractContextManager[Any]]


def fenced(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[page], re.DOTALL | re.MULTILINE)


def console(page: str) -> list[tuple[str, str]]:
    """Commands of a page and what they print, in order."""
    parts = [
        part
        for block in fenced(page, "console")
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def examples(program: str) -> Iterator[Any]:
    """Each page with its examples of one program."""
    for page in TEXTS:
        found = [(c, output) for c, output in console(page) if shlex.split(c)[0] == program]
        if found:
            yield pytest.param(found, id=page)


def python(*, served: bool) -> Iterator[Any]:
    """The Python examples, either those that call a server or the others."""
    for page in TEXTS:
        for number, code in enumerate(fenced(page, "python")):
            if served == (SERVER in code):
                yield pytest.param(code, id=f"{page}-{number}")


def test_every_console_example_is_run() -> None:
    programs = {shlex.split(command)[0] for page in TEXTS for command, _ in console(page)}
    assert programs == {"curl", "edgemood"}


def test_generated_blocks_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generator", "--check"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("found", list(examples("curl")))
def test_curl(found: list[tuple[str, str]], run_server: RunServer, tmp_path: Path) -> None:
    with run_server(tmp_path, EMOTION_ADMIN_TOKEN=ADMIN_TOKEN) as server:
        for command, output in found:
            actual, expected = curl(command, server.url), json.loads(output)
            for body in (actual, actual.get("error", {}), expected, expected.get("error", {})):
                body.pop("request_id", None)
                body.pop("receipt", None)
            assert_close(actual, expected)


@pytest.mark.parametrize("found", list(examples("edgemood")))
def test_edgemood(found: list[tuple[str, str]]) -> None:
    for command, output in found:
        _, *arguments = shlex.split(command)
        assert run("-m", "edgemood", *arguments) == output


@pytest.mark.parametrize("code", list(python(served=False)))
def test_python(code: str) -> None:
    run("-c", code)


@pytest.fixture(scope="module")
def server_url(run_server: RunServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for all examples that only ask."""
    with run_server(tmp_path_factory.mktemp("server")) as server:
        yield server.url


@pytest.mark.parametrize("code", list(python(served=True)))
def test_python_with_a_server(code: str, server_url: str) -> None:
    run("-c", code.replace(SERVER, server_url))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", TEXTS[page.name], flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)[^)]*\)", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    paths = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", text)
    missing += [path for path in paths if not (ROOT / path).exists()]
    assert missing == []


def test_every_make_target_exists() -> None:
    targets = re.findall(r"^([a-z0-9 -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = {name for line in targets for name in line.split()}
    used = {
        name
        for page, text in TEXTS.items()
        for name in re.findall(r"(?:^|`|[A-Z]=\S+ )make ([a-z0-9-]+)", text, re.MULTILINE)
    }
    assert used
    assert used <= known


def run(*arguments: str) -> str:
    """What Python prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl(command: str, url: str) -> dict[str, Any]:
    """The part of curl that the examples use."""
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
    body: dict[str, Any] = httpx.request(**options).json()
    return body


def assert_close(actual: Any, expected: Any) -> None:
    """Equal, except for the last digits of a score, which differ between processors."""
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key, value in expected.items():
            assert_close(actual[key], value)
    elif isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other)
    elif isinstance(expected, float):
        assert actual == pytest.approx(expected, abs=2e-3)
    else:
        assert actual == expected


def in_backticks(page: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", TEXTS[page]))


def test_every_method_call_and_metric_is_on_its_page() -> None:
    from compression.methods import METHODS
    from service.http.api.routes import ROUTES
    from service.observability import metrics

    assert set(METHODS) <= in_backticks("compress.md")
    calls = {route.call for route in ROUTES if route.is_documented}
    assert calls <= in_backticks("serve.md")
    defined = re.findall(r'"(emotion_\w+)"', Path(metrics.__file__).read_text(encoding="utf-8"))
    assert set(defined) <= in_backticks("watch.md")
