"""A real Prometheus scrapes the real service; its figures are those that the clients measured."""

import bisect
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from benchmarks.harness.server import responds
from benchmarks.harness.server import run_server as run_process
from edgemood import Artifact
from service.client import Client
from service.observability.metrics import LATENCY_BUCKETS
from service.routing.policy import PolicyChange, ShadowSettings

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
TOKEN = "token of this test"
REQUESTS = 1000

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="install the package prometheus"
)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[httpx.Client]:
    """A server with a storage folder of its own that scrapes every half second."""
    config = {
        "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(RULES / "rules.yml"), str(folder / "alerts.yml")],
        "scrape_configs": [{"job_name": "edgemood", "static_configs": [{"targets": [target]}]}],
    }
    folder.mkdir()
    # Alerts fire at once here; the rules' unit tests cover how long they wait.
    original = (RULES / "alerts.yml").read_text()
    (folder / "alerts.yml").write_text(re.sub(r"for: \d+m", "for: 0s", original))
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        run_process(command, folder, is_ready=lambda url: responds(f"{url}/-/ready")) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        yield client


def query(client: httpx.Client, expression: str, by: str) -> dict[str, float]:
    response = client.get("/api/v1/query", params={"query": expression})
    response.raise_for_status()
    found = response.json()["data"]["result"]
    return {one["metric"].get(by, ""): float(one["value"][1]) for one in found}


def alerts(client: httpx.Client) -> set[str]:
    """Name and variant of each alert that is firing."""
    found = client.get("/api/v1/alerts").json()["data"]["alerts"]
    firing = [alert["labels"] for alert in found if alert["state"] == "firing"]
    return {f"{labels['alertname']} {labels.get('variant', '')}" for labels in firing}


def until(seen: Callable[[], dict[str, float]], expected: dict[str, float]) -> None:
    deadline = time.monotonic() + 60
    while (found := seen()) != expected:
        assert time.monotonic() < deadline, f"{found} instead of {expected}"
        time.sleep(0.2)


def test_its_figures_are_those_of_the_clients(
    artifact: Artifact, tmp_path: Path, run_server: Callable[..., Any]
) -> None:
    variants = tmp_path / "variants"
    variants.mkdir()
    for name in ("fp32", "nano"):
        artifact.with_manifest(name=name).save(variants / f"{name}.safetensors")
    own = {"EMOTION_VARIANTS": str(variants), "EMOTION_ADMIN_TOKEN": TOKEN}
    counts: Counter[str] = Counter()
    seconds: dict[str, list[float]] = {}
    with (
        run_server(tmp_path, **own) as server,
        prometheus(tmp_path / "prometheus", server.url.removeprefix("http://")) as prom,
        Client(server.url, admin_token=TOKEN) as client,
        server.client() as http,
    ):
        shadow = ShadowSettings(variant="fp32", fraction=1.0)
        split = {"nano": 90.0, "fp32": 10.0}
        client.set_routing(PolicyChange(split=split, reference="fp32", shadow=shadow))
        for i in range(REQUESTS):
            response = http.post("/classify", json={"text": "happy", "key": f"user-{i}"})
            variant = response.headers["x-variant"]
            counts[variant] += 1
            spent = float(response.headers["server-timing"].rpartition("=")[2]) / 1000
            seconds.setdefault(variant, []).append(spent)

        answered = 'emotion_requests_total{assignment="split",outcome="ok"}'
        until(lambda: query(prom, answered, "variant"), dict(counts))
        assert counts["nano"] / REQUESTS == pytest.approx(0.9, abs=0.03)
        ratios = query(prom, "emotion_split_ratio", "variant")
        assert ratios == {"nano": 0.9, "fp32": 0.1}

        buckets = "sum by (variant, le) (emotion_request_duration_seconds_bucket)"
        p99 = query(prom, f"histogram_quantile(0.99, {buckets})", "variant")
        for variant, spent in seconds.items():
            # PromQL takes the bucket of this observation; numpy's default would interpolate.
            observed = float(np.quantile(spent, 0.99, method="inverted_cdf"))
            client_side = bisect.bisect(LATENCY_BUCKETS, observed)
            server_side = bisect.bisect(LATENCY_BUCKETS, p99[variant])
            assert abs(client_side - server_side) <= 1, (variant, p99[variant])

        resident = query(prom, "sum by (variant) (emotion_variant_resident_bytes)", "variant")
        for info in client.variants():
            assert resident[info.name] == sum(info.resident_bytes.values())

        until(
            lambda: query(prom, 'emotion_shadow_total{result="agree"}', "variant"),
            {"nano": counts["nano"]},
        )
        # The rules are loaded, and none of them fails.
        groups = prom.get("/api/v1/rules").json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert len(rules) == 24
        assert {rule["health"] for rule in rules} <= {"ok", "unknown"}

        # The alert for a missing variant fires, and no other one.
        assert alerts(prom) == set()
        client.unload("nano")
        until(lambda: dict.fromkeys(alerts(prom), 1.0), {"EmotionVariantMissing nano": 1.0})
        client.load("nano")
        until(lambda: dict.fromkeys(alerts(prom), 1.0), {})
