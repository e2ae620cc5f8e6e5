"""What goes into the container image and what is taken out of it."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def test_pruning_takes_what_no_program_reads_and_leaves_the_rest(tmp_path: Path) -> None:
    for name in KEPT + TAKEN_OUT:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    subprocess.run(["sh", ROOT / "deploy" / "image" / "prune.sh", tmp_path], check=True)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(KEPT)


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
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


def test_the_image_runs_as_an_ordinary_user_without_torch() -> None:
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert "USER edgemood" in stages[-1]
    pins = (ROOT / "constraints" / "serve.txt").read_text()
    assert not re.search(r"^torch\b", pins, re.MULTILINE)
