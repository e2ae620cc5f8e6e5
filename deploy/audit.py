"""Known vulnerabilities of what the service installs; `make audit`, and `make check` with it.

pip-audit asks PyPI about each pinned package. Where PyPI cannot be asked, or knows nothing of some
packages because another index stands in for it, that is said, and is no failure: whoever works
without a network can still run the checks.
"""

import json
import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parents[1] / "constraints" / "serve.txt"


def main() -> int:
    """Exit with 1 where a package has a known vulnerability."""
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
    """What pip-audit's JSON means, and whether it is a failure.

    Args:
        report: its output; empty where it could not ask.
    """
    if not report.strip():
        return ["audit: PyPI could not be asked, nothing was audited"], False
    packages = json.loads(report)["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    found = [
        f"audit: {package['name']} {package['version']}: {vulnerability['id']},"
        f" mended in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for package in packages
        for vulnerability in package.get("vulns", ())
    ]
    lines = [f"audit: {len(packages) - len(skipped)} of {len(packages)} packages audited", *found]
    if skipped:
        lines.append(f"audit: the index knows nothing of {len(skipped)} packages")
    return lines, bool(found)


if __name__ == "__main__":
    sys.exit(main())
