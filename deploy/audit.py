"""List known vulnerabilities of the service's dependencies; `make audit` and `make check` run it.

pip-audit looks up each pinned package on PyPI. If PyPI cannot be reached, or if another index
replaces it and lacks some packages, the check fails because these packages are not audited.
`AUDIT_OFFLINE=allow` in the environment lets it pass on a machine without access to PyPI. Known
vulnerabilities of packages that could be looked up always fail it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parents[1] / "constraints" / "serve.txt"
VULNERABLE, UNAUDITED = 1, 2
"""Exit statuses."""
ALLOWANCE = ("AUDIT_OFFLINE", "allow")


@dataclass(frozen=True)
class Verdict:
    """What an audit found out."""

    audited: int
    unaudited: int
    vulnerabilities: tuple[str, ...]
    """A line for each."""


def main() -> int:
    """Print what was found.

    Returns:
        0, or `VULNERABLE` if a package has a known vulnerability, or `UNAUDITED` if one could not
        be looked up and this is not allowed.
    """
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(PINS)),
        *("--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = verdict(done.stdout, pinned(PINS.read_text(encoding="utf-8")))
    name, value = ALLOWANCE
    allowed = os.environ.get(name) == value
    print("\n".join(lines(found, allowed=allowed)))
    if not done.stdout:
        print(done.stderr.strip().rpartition("\n")[2])
    return exit_status(found, allowed=allowed)


def pinned(requirements: str) -> int:
    """The number of packages that a file of constraints pins, some for each Python by itself."""
    pins = [line for line in requirements.splitlines() if "==" in line.partition("#")[0]]
    return len({line.partition("==")[0] for line in pins})


def verdict(report: str, packages: int) -> Verdict:
    """Read pip-audit's report.

    Args:
        report: its JSON; empty if it could not reach PyPI.
        packages: how many it should have looked up.
    """
    found = json.loads(report)["dependencies"] if report.strip() else []
    audited = [package for package in found if "skip_reason" not in package]
    vulnerabilities = tuple(
        f"{package['name']} {package['version']}: {one['id']},"
        f" fixed in {', '.join(one['fix_versions']) or 'no version yet'}"
        for package in audited
        for one in package["vulns"]
    )
    return Verdict(len(audited), max(0, packages - len(audited)), vulnerabilities)


def lines(found: Verdict, *, allowed: bool) -> list[str]:
    """The lines to print."""
    printed = [f"{found.audited} of {found.audited + found.unaudited} packages audited"]
    printed += found.vulnerabilities
    if found.unaudited:
        name, value = ALLOWANCE
        printed.append(
            f"{found.unaudited} could not be looked up on PyPI, which {name}={value} allows"
            if allowed
            else f"{found.unaudited} could not be looked up on PyPI; repeat this with access to"
            f" https://pypi.org, or set {name}={value} on a machine that has none"
        )
    return [f"audit: {line}" for line in printed]


def exit_status(found: Verdict, *, allowed: bool) -> int:
    """0, `VULNERABLE` or `UNAUDITED`."""
    if found.vulnerabilities:
        return VULNERABLE
    return UNAUDITED if found.unaudited and not allowed else 0


if __name__ == "__main__":
    sys.exit(main())
