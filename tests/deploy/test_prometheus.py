"""Rules, alerts and scrape configuration, checked by promtool and against existing metrics."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from service.observability import metrics

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
FILES = ("rules.yml", "alerts.yml")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="install prometheus, for promtool"
)


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
    )


@needs_promtool
@pytest.mark.parametrize("name", ["prometheus.yml", "compose.yml"])
def test_the_configuration_is_valid(name: str) -> None:
    done = promtool("check", "config", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS: 13 rules found" in done.stdout


def test_a_scrape_is_bounded_alike_everywhere() -> None:
    own, compose = (
        yaml.safe_load((FOLDER / name).read_text())["scrape_configs"][0]
        for name in ("prometheus.yml", "compose.yml")
    )
    monitor = FOLDER.parent / "kubernetes" / "base" / "monitor.yaml"
    operator = yaml.safe_load(monitor.read_text())["spec"]
    for limits in (own, compose):
        assert limits["sample_limit"] == operator["sampleLimit"] > 0
        assert limits["body_size_limit"] == operator["bodySizeLimit"]


@needs_promtool
def test_rules_and_alerts_pass_their_unit_tests() -> None:
    done = promtool("test", "rules", "tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def series_names() -> set[str]:
    """The names of all series of the service."""
    assert metrics.REQUESTS in REGISTRY._collector_to_names
    names = {name for found in REGISTRY._collector_to_names.values() for name in found}
    return {name for name in names if name.startswith("emotion_")}


@pytest.mark.parametrize("name", FILES)
def test_queried_series_exist(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    recorded = set(re.findall(r"record: (\S+)", (FOLDER / "rules.yml").read_text()))
    queried = set(re.findall(r"(?<![:\w])emotion_[a-z_]+(?![:\w])", re.sub("#.*", "", text)))
    assert queried
    assert queried <= series_names()
    used = set(re.findall(r"[\w]*:?emotion_[a-z0-9_]+:[a-z0-9_]+", text)) - {""}
    assert used <= recorded


def test_every_alert_is_tested_and_has_an_action() -> None:
    alerts = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
    names = re.findall(r"alert: (\w+)", alerts)
    tests = (FOLDER / "tests.yml").read_text(encoding="utf-8")
    assert len(names) == alerts.count("action:") == alerts.count("summary:")
    for name in names:
        assert re.search(rf"alertname: {name}\b", tests), name
