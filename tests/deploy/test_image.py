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
    (user,) = [words[1] for words in last_stage() if words[0] == "USER"]
    # A number, so that Kubernetes can tell that it is not root.
    assert user == f"{UID}:{UID}"
    (created,) = [words for words in last_stage() if "useradd" in words]
    assert int(created[created.index("--uid") + 1]) == UID
    assert int(created[created.index("--gid") + 1]) == UID
    last_run = max(i for i, words in enumerate(last_stage()) if words[0] in {"RUN", "COPY"})
    assert last_run < last_stage().index(["USER", user])


def test_the_user_owns_the_state_folder_alone() -> None:
    words = [word for instruction in last_stage() for word in instruction]
    assert words.count("--owner") == words.count("--directory") == 1
    assert words[words.index("--mode") : words.index("--mode") + 3] == ["--mode", "0700", "/state"]
    assert not [word for word in words if word.startswith("--chown") or word == "chown"]
    assert "chmod -R go-w /opt/edgemood /app" in (ROOT / "Dockerfile").read_text()


def test_the_base_is_pinned_by_digest() -> None:
    text = (ROOT / "Dockerfile").read_text()
    (base,) = re.findall(r"^ARG PYTHON=(.+)$", text, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert set(stages) == {"${PYTHON}"}


def test_no_installer_ships() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "pip uninstall --yes --quiet pip setuptools" in text
    ships = " ".join(" ".join(words) for words in last_stage())
    for removed in ("site-packages/pip*", "bin/pip*", "python-wheels", "ensurepip"):
        assert removed in ships
    assert "pip install" not in ships
    assert "-perm /6000 -exec chmod a-s" in ships


def test_the_serving_environment_of_make_has_no_installer() -> None:
    text = (ROOT / "Makefile").read_text()
    rule = text.partition(".venv/.installed: pyproject.toml constraints/serve.txt\n")[2]
    commands = rule.partition("\n\n")[0].splitlines()
    assert commands[-2:] == [
        "\t$(SERVE) $(PIP) uninstall --yes pip setuptools",
        "\t@touch $@",
    ]
    pins = (ROOT / "constraints" / "serve.txt").read_text()
    assert not re.search(r"^(pip|setuptools|uv|wheel)==", pins, re.MULTILINE)


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
