"""List known vulnerabilities of the service's dependencies; `make audit` and `make check` run it.

pip-audit looks up each pinned package on PyPI. If PyPI cannot be reached, or if another index
replaces it and lacks some packages, a line reports this and the exit status stays 0, so the checks
also run without a network.
"""

import json
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parents[1] / "constraints" / "serve.txt"


def main() -> int:
    """Exit with 1 if a package has a known vulnerability."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(PINS)),
        *("--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines, failed = verdict(done.stdout)
    print("\n".join(lines))
    if not done.stdout:
        print(done.stderr.strip().rpartition("\n")[2])
    return 1 if failed else 0


def verdict(report: str) -> tuple[list[str], bool]:
    """The lines to print, and whether a package has a known vulnerability.

    Args:
        report: pip-audit's JSON; empty if it could not reach PyPI.
    """
    if not report.strip():
        return ["audit: PyPI was not reached, nothing was audited"], False
    packages = json.loads(report)["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    found = [
        f"audit: {package['name']} {package['version']}: {vulnerability['id']},"
        f" fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in packages
        for vulnerability in package.get("vulns", ())
    ]
    lines = [f"audit: {len(packages) - len(skipped)} of {len(packages)} packages audited", *found]
    if skipped:
        lines.append(f"audit: the index lacks {len(skipped)} of the packages")
    return lines, bool(found)


if __name__ == "__main__":
    sys.exit(main())
