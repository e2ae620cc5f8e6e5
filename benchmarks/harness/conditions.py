"""The conditions of a measurement: processor, versions, date and settings."""

import datetime as dt
import importlib.metadata
import platform
import re
from pathlib import Path
from typing import Any

from benchmarks.harness.cores import Cores

PACKAGES = ("bentoml", "httptools", "numpy", "pydantic", "starlette", "uvicorn", "uvloop")
"""Packages whose versions affect the figures."""


def conditions(cores: Cores, **settings: Any) -> dict[str, Any]:
    """What the figures depend on.

    Args:
        cores: that the benchmark used.
        settings: the benchmark's own, such as repeats and seconds.
    """
    return {
        "cpu": cpu_name(),
        "cores": len(cores),
        "python": platform.python_version(),
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "versions": installed_versions(),
        **settings,
    }


def describe(found: dict[str, Any], placement: str = "") -> str:
    """Conditions as part of a sentence.

    Args:
        found: from `conditions`.
        placement: which process ran on which core.
    """
    parts = [found["cpu"], f"{found['cores']} cores", placement, f"Python {found['python']}"]
    return ", ".join(part for part in (*parts, found.get("date")) if part)


def cpu_name() -> str:
    """The processor's name, or its architecture if the system does not state the name."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def installed_versions() -> dict[str, str]:
    """Package -> version, of `PACKAGES` that are installed."""
    installed = {found.name: found.version for found in importlib.metadata.distributions()}
    return {name: installed[name] for name in PACKAGES if name in installed}
