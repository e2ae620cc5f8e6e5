"""What an audit's report comes to."""

import json

from deploy.audit import verdict

SOUND = {"name": "anyio", "version": "4.1.0", "vulns": []}
SKIPPED = {"name": "ours", "skip_reason": "Dependency not found on PyPI"}
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


def test_a_known_vulnerability_fails_and_names_what_mends_it() -> None:
    lines, failed = verdict(report(SOUND, BAD))
    assert failed
    assert lines[1:] == [
        "audit: starlette 0.1.0: PYSEC-1, mended in 0.2.0, 1.0",
        "audit: starlette 0.1.0: PYSEC-2, mended in no version yet",
    ]


def test_what_could_not_be_asked_is_said_and_no_failure() -> None:
    lines, failed = verdict(report(SOUND, SKIPPED))
    assert not failed
    assert lines == [
        "audit: 1 of 2 packages audited",
        "audit: the index knows nothing of 1 packages",
    ]
    assert verdict("") == (["audit: PyPI could not be asked, nothing was audited"], False)
