"""The files of the container image, and those that pruning removes."""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.harness.server import run_server, service_command
from service.client import Client
from service.routing.policy import PolicyChange

ROOT = Path(__file__).parents[2]
TOKEN = "token of this test"
UID = 10001
KEPT = ["numpy/__init__.py", "numpy/core.py", "pygments/lexers/python.py", "httpx/__init__.py"]
TAKEN_OUT = [
    "numpy/tests/test_core.py",
    "numpy/__init__.pyi",
    "numpy/core.c",
    "numpy/f2py/main.py",
    "numpy/_core/_simd.cpython-312-x86_64-linux-gnu.so",
    "pygments/lexers/cobol.py",
    "httpx/_main.py",
    "bentoml/_internal/server/static_content/swagger-ui-bundle.js",
]


def test_pruning_removes_only_files_that_no_program_reads(tmp_path: Path) -> None:
    for name in KEPT + TAKEN_OUT:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    subprocess.run(["sh", ROOT / "deploy" / "image" / "prune.sh", tmp_path], check=True)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(KEPT)


def test_the_dockerfile_copies_existing_files_that_are_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert {"edgemood", "service", "variants"} <= set(copied)
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for source in copied:
        assert (ROOT / source).exists()
        assert any(source == name or source.startswith(f"{name}/") for name in allowed)


def last_stage() -> list[list[str]]:
    """Instructions of the stage that ships, as words; continuation lines are joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    instructions = [line.split() for line in text.splitlines() if line and line[0] not in "# "]
    first = max(i for i, words in enumerate(instructions) if words[0] == "FROM")
    return instructions[first:]


def test_the_last_user_of_the_image_is_not_root() -> None:
    users = [words[1] for words in last_stage() if words[0] == "USER"]
    (created,) = [words for words in last_stage() if words[:2] == ["RUN", "useradd"]]
    name = users[-1]
    assert name in created
    assert int(created[created.index("--uid") + 1]) > 0


def test_torch_does_not_ship() -> None:
    pins = (ROOT / "constraints" / "serve.txt").read_text()
    assert not re.search(r"^torch\b", pins, re.MULTILINE)


def as_unprivileged_user() -> list[str]:
    """The start of a command that runs as a user who cannot write root's files.

    If the tests run as root, the user keeps the capability to read, since root's home may hold
    Python.
    """
    if os.geteuid() != 0:
        return []
    return [
        *("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs"),
        *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
    ]


def test_an_unprivileged_user_can_run_the_service_and_change_its_state(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    if os.geteuid() == 0:
        for path in (folder, *folder.parents[:3]):
            path.chmod(0o755)
        os.chown(folder, UID, UID)
    before = {path.name for path in ROOT.iterdir()}
    environment = {"EMOTION_ADMIN_TOKEN": TOKEN, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*as_unprivileged_user(), *service_command(sys.executable)]
    with run_server(command, folder, environment=environment) as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        assert re.search(r"^Uid:\t(\d+)", status, re.MULTILINE)[1] != "0"
        with Client(server.url, admin_token=TOKEN) as client:
            assert client.classify("thank you so much").results[0].labels == ["joy"]
            change = PolicyChange(split={"nano": 1}, reference="fp32")
            assert client.set_routing(change).version == 1
    assert (folder / "state" / "routing.json").stat().st_uid != 0
    assert {path.name for path in ROOT.iterdir()} == before
