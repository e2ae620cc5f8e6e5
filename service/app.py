"""The BentoML service: gives the parts of `service.assembly` BentoML's life cycle."""

import functools
import gc
import logging
import os
import secrets

import bentoml
from _bentoml_sdk.service import Service  # private, hence the pinned version and a contract test
from starlette.responses import Response as HttpResponse

from service.assembly import Worker
from service.errors import ServiceError
from service.http.asgi import ROUTER, ApiMiddleware
from service.http.asgi_types import AsgiApp
from service.http.cors import with_cors
from service.http.messages import error_response
from service.http.parsing.headers import request_id_from, with_header_fields
from service.http.root_path import under_root_path
from service.observability.logs import set_log_format
from service.observability.metrics_folder import prepare_metrics_folder
from service.observability.tracing import traced
from service.schemas import ClassifyRequest, ClassifyResponse
from service.settings import RECEIPT_KEY, Settings

# `bentoml serve` imports this module before it starts the workers, which inherit one key and one
# folder. `python -m service` has set both.
os.environ[RECEIPT_KEY] = os.environ.get(RECEIPT_KEY) or secrets.token_hex(32)

GC_THRESHOLDS = (5000, 50, 100)
"""Less frequent than Python's own: the slowest requests are those that a collection interrupts."""
SETTINGS = Settings.from_environment()
set_log_format(SETTINGS.log)
prepare_metrics_folder(SETTINGS.bentoml_home, SETTINGS.workers)


@functools.cache
def worker() -> Worker:
    """This process's worker, made at the first call: BentoML's supervisor makes none."""
    made = Worker(SETTINGS)
    made.watch()
    return made


_middlewares: list[ApiMiddleware] = []


def stop(*, grace_s: float) -> None:
    """Let this process's applications refuse new work; see `ApiMiddleware.stop`."""
    for middleware in _middlewares:
        middleware.stop(grace_s=grace_s)


class ServiceBehindMiddleware(Service):  # type: ignore[misc]
    """A BentoML service whose application stands behind `ApiMiddleware`."""

    def to_asgi(self, is_main: bool = True) -> AsgiApp:  # BentoML's signature
        """The application, with spans, CORS and a path prefix if they are configured."""
        middleware = ApiMiddleware(
            super().to_asgi(is_main),
            services=lambda: worker().services,
            admin_token=SETTINGS.admin_token,
            limits=SETTINGS.limits,
        )
        _middlewares.append(middleware)
        app = traced(with_cors(middleware, SETTINGS.cors_origins), os.environ, ROUTER.template)
        return under_root_path(app, SETTINGS.root_path)


@bentoml.service(
    name="edgemood",
    service_class=ServiceBehindMiddleware,
    workers=SETTINGS.workers,
    http={"port": SETTINGS.port, "host": SETTINGS.host},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)
class EmotionService:
    """Emotion labels for text, from several variants of one classifier."""

    def __init__(self) -> None:
        logging.getLogger("service").setLevel(logging.INFO)
        set_log_format(SETTINGS.log)  # again: BentoML has replaced the handlers
        self._worker = worker()
        # Everything that exists now lives as long as the process, so collections can skip it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /, ctx: bentoml.Context) -> ClassifyResponse:
        """Label one text or many.

        Over HTTP the middleware answers this call. This method serves callers that use BentoML
        without HTTP, and gives the same response; BentoML validates their requests.
        """
        request_id = request_id_from(ctx.request.headers)
        try:
            classify_request = with_header_fields(request, ctx.request.headers)
            inference = self._worker.services.inference
            return inference.classify(classify_request, request_id=request_id).response
        except ServiceError as error:
            refusal = error_response(error, request_id)
            ctx.response.status_code = refusal.status
            # BentoML passes a finished response on, even if the annotation names another type.
            return HttpResponse(  # type: ignore[return-value]
                refusal.body, headers=dict(refusal.headers), media_type="application/json"
            )
