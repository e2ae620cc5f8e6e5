"""OpenTelemetry spans of requests, where an exporter is configured; otherwise nothing at all.

OpenTelemetry's own variables decide: `OTEL_TRACES_EXPORTER` (`otlp`, `console` or `none`) or
`OTEL_EXPORTER_OTLP_ENDPOINT`. A span knows method, route, status and variant, never a text.
"""

import importlib.util
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
)

from service.settings import SettingsError

_EXPORTER = "OTEL_TRACES_EXPORTER"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OTLP = "opentelemetry.exporter.otlp.proto.http"
_ROUTES = frozenset(
    {"/", "/classify", "/compare", "/feedback", "/variants", "/routing", "/docs.json", "/metrics"}
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]


def wanted(environment: Mapping[str, str]) -> str | None:
    """Which exporter the environment asks for.

    Raises:
        SettingsError: one that does not exist, or that is not installed.
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


def traced(app: App, environment: Mapping[str, str]) -> App:
    """The application with a span for each request, or just as it is where nothing is asked for.

    Raises:
        SettingsError: see `wanted`.
    """
    exporter = wanted(environment)
    if exporter is None:
        return app
    resource = Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME", "edgemood")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
    return Traced(app, provider)


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        return ConsoleSpanExporter()
    otlp = importlib.import_module(f"{_OTLP}.trace_exporter")
    exporter: SpanExporter = otlp.OTLPSpanExporter()
    return exporter


class Traced:
    """An application and a span around each of its requests."""

    def __init__(self, app: App, provider: TracerProvider) -> None:
        self._app = app
        self._tracer = provider.get_tracer("edgemood")

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request within a span that goes on where the caller's left off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        carrier = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        route = _route(scope["path"])
        with self._tracer.start_as_current_span(
            f"{scope['method']} {route}",
            context=propagate.extract(carrier),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": scope["method"], "http.route": route},
            record_exception=False,  # its words may quote a text
            set_status_on_exception=False,
        ) as span:

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    for name, value in message.get("headers", ()):
                        if name == b"x-variant":
                            span.set_attribute("emotion.variant", value.decode("latin-1"))
                    if message["status"] >= 500:
                        span.set_status(trace.StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, send_and_note)


def _route(path: str) -> str:
    """The path without what a caller made up."""
    if path in _ROUTES:
        return path
    if not path.startswith("/variants/"):
        return "other"
    call = path.rpartition("/")[2]
    return f"/variants/{{name}}/{call}" if call in ("load", "unload") else "/variants/{name}"
