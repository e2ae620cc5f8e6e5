"""BentoML's behaviour that the service relies on, private parts included; new versions break it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgemood import Artifact

REQUESTS = [
    ({"text": "happy"}, {}),
    ({"texts": ["sad", "happy", "🙂 \u2028 ключ"]}, {}),
    ({"text": "happy", "key": "user-1"}, {}),
    ({"text": "happy"}, {"X-Routing-Key": "user-2"}),
    ({"text": "happy", "variant": "fp32"}, {}),
    ({"text": "happy"}, {"X-Variant": "fp32"}),
    ({"text": "x" * 10_000}, {}),
    ({"texts": ["happy", "am"], "variant": "careful"}, {}),  # unsure of the second
]
REFUSED = [
    ({"text": "happy", "variant": "unknown"}, {}),
    ({"text": "happy"}, {"X-Variant": "unknown"}),
    ({"text": "happy"}, {"X-Variant": ""}),
    ({"text": "happy"}, {"X-Routing-Key": "k" * 300}),
    ({"text": "happy", "variant": "broken"}, {}),
]
"""Each is sent to the middleware and to BentoML's endpoint behind it."""

SCRIPT = """
import sys, json, time

def both_ways(client):
    from service.app import worker
    now = time.time_ns()
    worker().receipts._clock = lambda: now
    inner = TestClient(client.app._inner)
    found = []
    for i, (body, headers) in enumerate(json.loads(sys.argv[1])):
        headers = {**headers, "X-Request-ID": f"request-{i}"}
        responses = [c.post("/classify", json=body, headers=headers) for c in (client, inner)]
        found.append([[a.status_code, a.content.hex()] for a in responses])
    return found

from starlette.testclient import TestClient
from service.app import EmotionService, ServiceBehindMiddleware
assert not {"torch", "compression.errors", "matplotlib"} & set(sys.modules)
from service.http.asgi import ApiMiddleware
assert isinstance(EmotionService, ServiceBehindMiddleware)
app = EmotionService.to_asgi()
assert isinstance(app, ApiMiddleware)
with TestClient(app) as client:
    print(json.dumps({
        "ready": client.get("/readyz").status_code,
        "live": client.get("/livez").status_code,
        "metrics": client.get("/metrics").text,
        "docs": client.get("/docs.json").json(),
        "classified": client.post("/classify", json={"text": "happy"}).json(),
        "after": client.get("/metrics").text,
        "both": both_ways(client),
    }))
"""


@pytest.fixture(scope="module")
def seen(session_artifact: Artifact, tmp_path_factory: pytest.TempPathFactory) -> dict:
    # In a process of its own: the application reads its settings when it is imported.
    folder = tmp_path_factory.mktemp("bentoml")
    variants = folder / "variants"
    variants.mkdir()
    measured = session_artifact.with_manifest(metrics={"test": {"macro_f1": 0.75}})
    measured.save(variants / "fp32.safetensors")
    careful = session_artifact.with_manifest(abstention={"threshold": 0.9, "coverage": 0.5})
    careful.save(variants / "careful.safetensors")
    (variants / "broken.safetensors").write_bytes(b"not a variant")
    own = {
        "EMOTION_VARIANTS": str(variants),
        "EMOTION_STATE": str(folder / "state"),
        "BENTOML_HOME": str(folder / "home"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(REQUESTS + REFUSED)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_probes(seen: dict) -> None:
    assert (seen["ready"], seen["live"]) == (200, 200)


def test_the_api_document_is_that_of_the_service(seen: dict) -> None:
    assert seen["docs"]["info"]["title"] == "edgemood"
    assert "/variants/{name}/unload" in seen["docs"]["paths"]


def test_the_middleware_answers(seen: dict) -> None:
    assert seen["classified"]["results"][0]["labels"] == ["joy"]


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_both_ways_give_the_same_bytes(seen: dict, number: int) -> None:
    middleware, bentoml = seen["both"][number]
    assert middleware[0] == 200
    assert middleware == bentoml


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_both_ways_refuse_with_the_same_bytes(seen: dict, number: int) -> None:
    middleware, bentoml = seen["both"][len(REQUESTS) + number]
    assert middleware[0] in (404, 422, 503)
    assert middleware == bentoml


@pytest.mark.parametrize(
    "line",
    [
        'emotion_requests_total{assignment="split",outcome="ok",variant="fp32"} %s.0',
        'emotion_request_duration_seconds_count{variant="fp32"} %s.0',
        'emotion_stage_duration_seconds_count{stage="infer",variant="fp32"} %s.0',
        'emotion_texts_total{variant="fp32"} %s.0',
        'emotion_predictions_total{label="joy",variant="fp32"} %s.0',
    ],
)
def test_series_begin_at_zero_and_count(seen: dict, line: str) -> None:
    assert line % 0 in seen["metrics"].splitlines()
    assert line % 1 in seen["after"].splitlines()


@pytest.mark.parametrize(
    "line",
    [
        'emotion_variant_quality_ratio{metric="macro_f1",split="test",variant="fp32"} 0.75',
        'emotion_variant_resident_bytes{part="embedding",variant="fp32"} 72.0',
        'emotion_split_ratio{variant="fp32"} 1.0',
        'emotion_variant_up{variant="fp32"} 1.0',
        'emotion_shed_total{reason="concurrency"} 0.0',
    ],
)
def test_gauges(seen: dict, line: str) -> None:
    assert line in seen["metrics"].splitlines()


def test_memory_and_info_are_shown(seen: dict) -> None:
    lines = seen["metrics"].splitlines()
    (resident,) = [x for x in lines if x.startswith("emotion_process_resident_bytes{")]
    assert 20e6 < float(resident.rpartition(" ")[2]) < 1e9
    (info,) = [x for x in lines if x.startswith("emotion_variant_info{") and 'variant="fp32"' in x]
    assert 'method="fp32"' in info
    assert 'architecture="bag"' in info
