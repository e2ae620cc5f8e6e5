"""The unit for a machine without containers: its settings, and how exposed it leaves the system."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.settings import Settings

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "edgemood.service"
LARGEST_EXPOSURE = 1.5
"""Of 10, as `systemd-analyze security` weighs what a service can do; without settings it is 9.6."""


def settings(name: str) -> list[str]:
    """All values of one setting."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_it_runs_the_service_as_a_user_that_can_write_to_two_folders() -> None:
    (command,) = settings("ExecStart")
    (folder,) = settings("WorkingDirectory")
    assert command == f"{folder}/.venv/bin/python -m service"
    assert settings("DynamicUser") == ["yes"]
    assert not settings("User")
    assert settings("StateDirectoryMode") == settings("RuntimeDirectoryMode") == ["0700"]
    (environment,) = settings("Environment")
    values = dict(word.split("=", 1) for word in environment.split())
    assert values["EMOTION_STATE"] == f"/var/lib/{settings('StateDirectory')[0]}"
    assert values["BENTOML_HOME"].startswith(f"/run/{settings('RuntimeDirectory')[0]}/")
    known = {field.alias for field in Settings.model_fields.values()}
    assert {name for name in values if name.startswith("EMOTION_")} <= known


def test_secrets_are_in_a_file_of_their_own() -> None:
    assert settings("EnvironmentFile") == ["-/etc/edgemood.env"]
    assert not re.search("TOKEN|RECEIPT_KEY", " ".join(settings("Environment")))


def test_memory_and_network_are_bounded() -> None:
    assert settings("MemoryMax") == ["320M"]
    assert settings("MemorySwapMax") == ["0"]
    assert settings("IPAddressDeny") == settings("SocketBindDeny") == ["any"]
    assert settings("SocketBindAllow") == [f"tcp:{Settings.model_fields['port'].default}"]
    assert settings("CapabilityBoundingSet") == [""]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="install systemd")
def test_systemd_finds_little_exposed() -> None:
    threshold = f"--threshold={LARGEST_EXPOSURE * 10:.0f}"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", threshold, "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
