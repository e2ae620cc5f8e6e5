"""Conditions of a measurement."""

import datetime as dt
import importlib.metadata
import platform

from benchmarks.harness.conditions import conditions, describe
from benchmarks.harness.cores import Cores


def test_conditions_hold_machine_versions_date_and_settings() -> None:
    found = conditions(Cores((0, 1)), repeats=5)
    assert found["cores"] == 2
    assert found["python"] == platform.python_version()
    assert found["repeats"] == 5
    assert dt.date.fromisoformat(found["date"])
    assert found["versions"]["numpy"] == importlib.metadata.version("numpy")


def test_description_leaves_out_what_is_not_known() -> None:
    found = {"cpu": "EPYC", "cores": 2, "python": "3.11.7"}
    assert describe(found) == "EPYC, 2 cores, Python 3.11.7"
    found["date"] = "2026-11-25"
    assert describe(found, "on one") == "EPYC, 2 cores, on one, Python 3.11.7, 2026-11-25"
