"""HTTP clients of other makers, with their defaults, against a running service."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEXT = '{"text": "I am so happy"}'


def run(program: str, *arguments: str) -> list[str]:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_java_and_curl_that_offer_http2(serve: Callable[..., Any]) -> None:
    with serve() as server:
        lines = run("java", str(Path(__file__).with_name("Post.java")), server.url)
        assert len(lines) == 3
        assert all(line.startswith("200 ") and '"labels"' in line for line in lines)
        (answer,) = run(
            *("curl", "--silent", "--http2", "--header", "Content-Type: application/json"),
            *("--data", TEXT, f"{server.url}/classify"),
        )
        assert '"labels"' in answer
