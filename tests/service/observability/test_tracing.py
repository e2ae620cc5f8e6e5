"""Spans of requests."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.http.asgi import ROUTER
from service.observability.tracing import configured_exporter, traced, with_spans
from service.settings import SettingsError

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(setup: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[ReadableSpan]]:
    """Sends one request and gives the spans that it made."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    app = with_spans(setup.middleware, provider, ROUTER.template)

    def send(method: str, path: str, **options: Any) -> list[ReadableSpan]:
        async def go() -> None:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                await client.request(method, path, **options)

        exporter.clear()
        anyio.run(go)
        return list(exporter.get_finished_spans())

    return send


def test_a_request_is_a_span_in_its_callers_trace(
    spans: Callable[..., list[ReadableSpan]],
) -> None:
    text = "happy 4f1c2a"
    (span,) = spans("POST", "/classify", json={"text": text}, headers={"traceparent": PARENT})
    assert span.name == "POST /classify"
    attributes = dict(span.attributes or {})
    # Versions of the instrumentation name the server's own address differently.
    attributes = {name: v for name, v in attributes.items() if not name.endswith(".address")}
    assert attributes == {
        "http.request.method": "POST",
        "http.route": "/classify",
        "http.response.status_code": 200,
        "emotion.variant": "fp32",
        "network.protocol.version": "1.1",
        "url.path": "/classify",
        "url.scheme": "http",
    }
    assert format(span.context.trace_id, "032x") == PARENT.split("-")[1]
    assert span.parent is not None
    assert "4f1c2a" not in span.to_json()


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/variants/4f1c2a", "/variants/{name}"),
        ("/variants/4f1c2a/load", "/variants/{name}/load"),
        ("/4f1c2a", "other"),
        ("/routing", "/routing"),
    ],
)
def test_values_chosen_by_callers_are_left_out(
    spans: Callable[..., list[ReadableSpan]], path: str, route: str
) -> None:
    (span,) = spans("GET", path)
    assert span.name == f"GET {route}"
    assert "4f1c2a" not in span.to_json()


def test_internal_errors_are_marked(spans: Callable[..., list[ReadableSpan]]) -> None:
    (span,) = spans("POST", "/classify", json={"text": "x", "variant": "broken"})
    assert (span.attributes or {})["http.response.status_code"] == 503
    assert not span.status.is_ok


@pytest.mark.parametrize(
    ("environment", "exporter"),
    [
        ({}, None),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, None),
        ({"OTEL_TRACES_EXPORTER": "Console"}, "console"),
    ],
)
def test_the_environment_decides(environment: dict[str, str], exporter: str | None) -> None:
    assert configured_exporter(environment) == exporter


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "must be otlp, console or none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318"}, "needs the package"),
    ],
)
def test_an_unknown_exporter_is_named(environment: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=rf"^OTEL_TRACES_EXPORTER: .*{problem}"):
        configured_exporter(environment)


def test_without_an_exporter_the_application_is_unchanged(setup: Any) -> None:
    assert traced(setup.middleware, {}, ROUTER.template) is setup.middleware
    environment = {"OTEL_TRACES_EXPORTER": "console"}
    assert traced(setup.middleware, environment, ROUTER.template) is not setup.middleware
