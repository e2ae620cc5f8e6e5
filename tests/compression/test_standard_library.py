"""From Python 3.14 the standard library has a package of the same name, which stays importable."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys, sysconfig
sysconfig.get_path = lambda name: sys.argv[1]
import compression.probe, compression.errors
assert "torch" not in sys.modules
print(compression.probe.WHERE)
"""


def test_modules_of_the_standard_librarys_package_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "compression"
    folder.mkdir()
    (folder / "probe.py").write_text("WHERE = 'in the standard library'\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "in the standard library\n", done.stderr
