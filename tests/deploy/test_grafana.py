"""The dashboard queries existing metrics by existing labels."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from service.observability import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "edgemood.json").read_text())
RULES = (DEPLOY / "prometheus" / "rules.yml").read_text()
SUFFIXES = ("_bucket", "_sum", "_count", "_total")


def labels_of_metrics() -> dict[str, set[str]]:
    """Metric -> its labels, from the service's own definitions."""
    assert metrics.REQUESTS in REGISTRY._collector_to_names
    found: dict[str, set[str]] = {}
    for collector, names in REGISTRY._collector_to_names.items():
        own = set(getattr(collector, "_labelnames", ()))
        for name in names:
            found[name] = own | ({"le"} if name.endswith("_bucket") else set())
    return {name: own for name, own in found.items() if name.startswith("emotion_")}


def queries() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        yield variable["name"], variable["definition"]


@pytest.mark.parametrize(("title", "expression"), list(queries()))
def test_queried_metrics_and_labels_exist(title: str, expression: str) -> None:
    known = labels_of_metrics()
    recorded = set(re.findall(r"record: (\S+)", RULES))
    for rule in re.findall(r"\w+:emotion_\w+:\w+", expression):
        assert rule in recorded
    plain = re.sub(r"\w+:emotion_\w+:\w+", "", expression)
    for name, selector in re.findall(r"(emotion_\w+)(\{[^}]*\})?", plain):
        assert name in known, title
        labels = set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', selector))
        assert labels <= known[name], (title, name)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="install prometheus, for promtool")
def test_queries_are_valid_promql(tmp_path: Path) -> None:
    expressions = [expr for _, expr in queries() if not expr.startswith("label_values")]
    rules = [
        {"record": f"query:{i}", "expr": expr.replace("$__rate_interval", "5m")}
        for i, expr in enumerate(expressions)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert f"SUCCESS: {len(rules)} rules found" in done.stdout, done.stderr


def test_the_most_important_metrics_are_shown() -> None:
    expressions = " ".join(expression for _, expression in queries())
    for name in (
        "emotion_split_ratio",
        "emotion_request_duration_seconds_bucket",
        "emotion_variant_resident_bytes",
        "emotion_shadow_total",
        "emotion_macro_f1",
        "emotion_shed_total",
    ):
        assert name in expressions
    assert {"timeseries", "heatmap"} <= {panel["type"] for panel in DASHBOARD["panels"]}


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_compose_mounts_existing_files_and_provisions_the_dashboard() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), source
    sources = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text()
    )
    used = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]}
    assert used == {source["uid"] for source in sources["datasources"]}
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "compose.yml").read_text())
    alone = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,), (own,) = scraped["scrape_configs"], alone["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["edgemood:3000"]}]
    assert {**job, "static_configs": []} == {**own, "static_configs": []}
