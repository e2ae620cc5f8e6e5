"""The audit reports known vulnerabilities and skipped packages."""

import json

from deploy.audit import verdict

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
    assert verdict(report(SOUND)) == (["audit: 1 of 1 packages audited"], False)


def test_a_known_vulnerability_fails_and_names_the_fixed_versions() -> None:
    lines, failed = verdict(report(SOUND, BAD))
    assert failed
    assert lines[1:] == [
        "audit: starlette 0.1.0: PYSEC-1, fixed in 0.2.0, 1.0",
        "audit: starlette 0.1.0: PYSEC-2, fixed in no version yet",
    ]


def test_skipped_packages_are_reported_without_failing() -> None:
    lines, failed = verdict(report(SOUND, SKIPPED))
    assert not failed
    assert lines == [
        "audit: 1 of 2 packages audited",
        "audit: the index lacks 1 of the packages",
    ]
    assert verdict("") == (["audit: PyPI was not reached, nothing was audited"], False)
