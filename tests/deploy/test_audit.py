"""The audit reports known vulnerabilities, and fails if it could not look packages up."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy import audit
from deploy.audit import UNAUDITED, VULNERABLE, Verdict, exit_status, lines, pinned, verdict

SOUND = {"name": "anyio", "version": "4.1.0", "vulns": []}
SKIPPED = {"name": "private", "skip_reason": "Dependency not found on PyPI"}
BAD = {
    "name": "starlette",
    "version": "0.1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["0.2.0", "1.0"], "aliases": [], "description": ""},
        {"id": "PYSEC-2", "fix_versions": [], "aliases": [], "description": ""},
    ],
}


def report(*packages: dict) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_sound_packages_pass() -> None:
    found = verdict(report(SOUND), 1)
    assert lines(found, allowed=False) == ["audit: 1 of 1 packages audited"]
    assert exit_status(found, allowed=False) == 0


def test_a_known_vulnerability_fails_and_names_the_fixed_versions() -> None:
    found = verdict(report(SOUND, BAD), 2)
    assert lines(found, allowed=False)[1:] == [
        "audit: starlette 0.1.0: PYSEC-1, fixed in 0.2.0, 1.0",
        "audit: starlette 0.1.0: PYSEC-2, fixed in no version yet",
    ]
    assert exit_status(found, allowed=False) == VULNERABLE
    assert exit_status(verdict(report(BAD, SKIPPED), 2), allowed=True) == VULNERABLE


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("", Verdict(0, 3, ())),  # PyPI was not reached
        (report(), Verdict(0, 3, ())),
        (report(SKIPPED, SKIPPED, SKIPPED), Verdict(0, 3, ())),  # an index without the packages
        (report(SOUND, SOUND, SKIPPED), Verdict(2, 1, ())),
        (report(SOUND, SOUND), Verdict(2, 1, ())),  # one is missing from the report
    ],
)
def test_packages_that_were_not_looked_up_fail_unless_allowed(output: str, found: Verdict) -> None:
    assert verdict(output, 3) == found
    assert exit_status(found, allowed=False) == UNAUDITED
    assert exit_status(found, allowed=True) == 0
    assert "AUDIT_OFFLINE=allow" in lines(found, allowed=False)[-1]
    assert "AUDIT_OFFLINE=allow allows" in lines(found, allowed=True)[-1]


@pytest.mark.parametrize(
    ("setting", "status"), [(None, UNAUDITED), ("", UNAUDITED), ("no", UNAUDITED), ("allow", 0)]
)
def test_only_the_environment_allows_an_audit_of_nothing(
    setting: str | None,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr="...\nno route to host")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: failed)
    monkeypatch.delenv("AUDIT_OFFLINE", raising=False)
    if setting is not None:
        monkeypatch.setenv("AUDIT_OFFLINE", setting)
    assert audit.main() == status
    printed = capsys.readouterr().out
    assert printed.startswith("audit: 0 of ")
    assert printed.endswith("no route to host\n")


def test_each_pinned_package_is_counted_once() -> None:
    pins = "# a==1\nanyio==4.1.0  # via x\n    # via y\nnumpy==1 ; old\nnumpy==2 ; new\n"
    assert pinned(pins) == 2
    text = audit.PINS.read_text()
    names = {line.partition("==")[0] for line in text.splitlines() if line[:1].isalnum()}
    assert pinned(text) == len(names) > 0


def test_the_checks_of_a_change_name_the_allowance_where_they_use_it() -> None:
    script = (Path(__file__).parents[2] / ".ci" / "run").read_text()
    assert "AUDIT_OFFLINE=allow make check" in script
