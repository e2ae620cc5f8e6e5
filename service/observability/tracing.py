"""OpenTelemetry traces, one span a request, if an exporter is configured.

OpenTelemetry's own variables decide: `OTEL_TRACES_EXPORTER` (`otlp`, `console` or `none`) or
`OTEL_EXPORTER_OTLP_ENDPOINT`. A span holds method, route, status and variant, and nothing that a
caller chooses freely: no path, query, text or address.
"""

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
)
from opentelemetry.trace import Span, get_current_span

from service.settings import SettingsError

_EXPORTER = "OTEL_TRACES_EXPORTER"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OTLP = "opentelemetry.exporter.otlp.proto.http"
_CONVENTIONS = "OTEL_SEMCONV_STABILITY_OPT_IN"
_TRACE_CONTEXT = frozenset({b"traceparent", b"tracestate", b"baggage"})
_ORIGINAL = "edgemood.scope"
OTHER = "other"
"""The route of paths that no route has."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]
RouteOf = Callable[[str], str | None]
"""Path -> its route's template; None if no route has the path."""


def configured_exporter(environment: Mapping[str, str]) -> str | None:
    """The exporter that the environment selects; None if it selects none.

    Raises:
        SettingsError: the exporter does not exist, or is not installed.
    """
    given = environment.get(_EXPORTER, "").strip().lower()
    exporter = given or ("otlp" if any(environment.get(name) for name in _ENDPOINTS) else "none")
    if exporter not in ("otlp", "console", "none"):
        raise SettingsError(f"{_EXPORTER}: must be otlp, console or none")
    if exporter == "otlp" and not _is_installed(_OTLP):
        raise SettingsError(
            f"{_EXPORTER}: otlp needs the package opentelemetry-exporter-otlp-proto-http"
        )
    return None if exporter == "none" else exporter


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def traced(app: App, environment: MutableMapping[str, str], route_of: RouteOf) -> App:
    """The application with a span for each request; unchanged if no exporter is configured.

    Args:
        app: an ASGI application.
        environment: the process's. OpenTelemetry's stable HTTP attributes are chosen in it, unless
            it chooses others.
        route_of: looks up the route of a path.

    Raises:
        SettingsError: as `configured_exporter`.
    """
    exporter = configured_exporter(environment)
    if exporter is None:
        return app
    environment.setdefault(_CONVENTIONS, "http")
    resource = Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME", "edgemood")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
    return with_spans(app, provider, route_of)


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter()
    otlp = importlib.import_module(f"{_OTLP}.trace_exporter")
    exporter: SpanExporter = otlp.OTLPSpanExporter()
    return exporter


def with_spans(app: App, provider: TracerProvider, route_of: RouteOf) -> App:
    """OpenTelemetry's middleware around an application, shown only what a span may hold."""
    # Imported late: it reads the choice of attribute names when it is first used, and costs
    # memory that servers without traces do not pay.
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415

    async def original(scope: Scope, receive: Any, send: Any) -> None:
        span = get_current_span()

        async def send_and_note_variant(message: Message) -> None:
            _add_variant(span, message)
            await send(message)

        await app(scope[_ORIGINAL], receive, send_and_note_variant)

    middleware = OpenTelemetryMiddleware(
        original,
        tracer_provider=provider,
        default_span_details=_span_details,
        exclude_spans=["receive", "send"],
    )

    async def shielded(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        await middleware(_without_callers_words(scope, route_of), receive, send)

    return shielded


def _without_callers_words(scope: Scope, route_of: RouteOf) -> Scope:
    """A scope for the span: method, route and trace context, and the original scope."""
    route = route_of(scope["path"]) or OTHER
    return {
        "type": "http",
        "http_version": scope.get("http_version", "1.1"),
        "method": scope["method"],
        "scheme": scope.get("scheme", "http"),
        "path": route,
        "query_string": b"",
        "server": scope.get("server"),
        "headers": [(n, v) for n, v in scope["headers"] if n in _TRACE_CONTEXT],
        _ORIGINAL: scope,
    }


def _span_details(scope: Scope) -> tuple[str, dict[str, str]]:
    return f"{scope['method']} {scope['path']}", {"http.route": scope["path"]}


def _add_variant(span: Span, message: Message) -> None:
    for name, value in message.get("headers", ()):
        if name == b"x-variant":
            span.set_attribute("emotion.variant", value.decode("latin-1"))
