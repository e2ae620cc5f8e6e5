"""Clients that public generators make from the API document; `make generators` installs them."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.calls import TOKEN

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-generators" / "bin"
NODE = ROOT / ".venv-generators" / "node_modules" / ".bin"
CALLERS = Path(__file__).parent / "generated"


@pytest.fixture
def url(serve: Callable[..., Any]) -> Iterator[str]:
    with serve() as server:
        yield server.url


def run(folder: Path, *command: str | Path) -> str:
    """The output of a program that must succeed without a word of warning."""
    if not Path(command[0]).exists():
        pytest.skip(f"no {command[0]}; run `make generators`")
    search = os.pathsep.join([str(PYTHON), os.environ["PATH"]])
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PATH": search, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_python_client_calls_the_service(url: str, tmp_path: Path) -> None:
    document = tmp_path / "docs.json"
    document.write_bytes(httpx.get(f"{url}/docs.json").content)
    package = tmp_path / "generated_client"
    generate = [PYTHON / "openapi-python-client", "generate", "--path", document]
    run(tmp_path, *generate, "--meta", "none", "--output-path", package, "--fail-on-warning")
    got = json.loads(run(tmp_path, PYTHON / "python", CALLERS / "caller.py", url, TOKEN))
    assert (got["labels"], max(got["scores"], key=got["scores"].get)) == (["joy"], "joy")
    assert (got["texts"], got["judged"], got["compared"]) == (2, 1, 3)
    status, message = got["refused"]
    assert (status, message[:9]) == (422, "texts.1: ")
    assert got["variants"] == ["broken", "fp32", "int8-dynamic", "int8-static"]
    assert (got["alive"], got["without token"], got["version"]) == (200, "unauthorized", 1)


def test_typescript_types_check_the_calls(url: str, tmp_path: Path) -> None:
    document = tmp_path / "docs.json"
    document.write_bytes(httpx.get(f"{url}/docs.json").content)
    run(tmp_path, NODE / "openapi-typescript", document, "--output", tmp_path / "api.ts")
    shutil.copy(CALLERS / "caller.ts", tmp_path)
    strict = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "node16"]
    run(tmp_path, NODE / "tsc", *strict, "caller.ts")
