"""The BentoML service. Thin: it puts the parts together and gives them BentoML's life cycle."""

import functools
import gc
import logging
import os
import secrets
import threading
import time

import bentoml
from _bentoml_sdk.service import Service  # private, hence the pinned version and a contract test
from starlette.responses import Response as HttpResponse

from service.administration import Administration
from service.errors import ServiceError, place
from service.http.asgi import AsgiApp, FastLane
from service.http.handlers import Api
from service.http.messages import error_response, fit_request_id, with_headers
from service.inference.feedback import Feedback
from service.inference.receipts import Receipts
from service.inference.service import Desk
from service.inference.shadow import Shadow
from service.observability import metrics
from service.observability.logs import set_log_format
from service.observability.tracing import traced
from service.routing.policy import Policy, default_policy
from service.routing.policy_store import PolicyStore
from service.schemas import ClassifyRequest, ClassifyResponse
from service.settings import RECEIPT_KEY, Settings
from service.variants.load_state import LoadState
from service.variants.repository import VariantRepository

# The supervisor imports this module before it starts the workers: they inherit one key.
os.environ[RECEIPT_KEY] = os.environ.get(RECEIPT_KEY) or secrets.token_hex(32)
logger = logging.getLogger(__name__)

GC_THRESHOLDS = (5000, 50, 100)
"""Rarer than Python's own: the slowest requests are those that a collection falls into."""
WATCH_S = 1.0
"""How far a worker without requests may lag behind the folders."""
SETTINGS = Settings.from_environment()
set_log_format(SETTINGS.log)


class Worker:
    """Everything that one worker process holds."""

    def __init__(self, settings: Settings) -> None:
        metrics.start_common_series()
        load_state = LoadState(settings.state)
        self.repository = VariantRepository(
            settings.variants, load_state=load_state, on_change=self._show_split
        )
        metrics.forget_dead_workers()
        self.policy = PolicyStore(
            settings.state,
            default=default_policy(self.repository.usable or self.repository.names),
            known=lambda: self.repository.names,
            on_change=lambda policy: _show_policy(policy, self.repository.names),
            on_invalid=metrics.POLICY_REJECTED.inc,
        )
        receipts = Receipts(settings.receipt_key.get_secret_value().encode())
        self.desk = Desk(self.repository, self.policy, receipts)
        self.api = Api(
            desk=self.desk,
            shadow=Shadow(self.repository),
            feedback=Feedback(self.repository, receipts),
            repository=self.repository,
            administration=Administration(
                settings.state,
                repository=self.repository,
                load_state=load_state,
                policy=self.policy,
            ),
            policy=self.policy,
            admin_token=settings.admin_token,
        )
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _show_split(self) -> None:
        _show_policy(self.policy.current(), self.repository.names)

    def _watch(self) -> None:
        """Take in changes while no request comes that would."""
        while True:
            time.sleep(WATCH_S)
            try:
                self.api.refresh()
            except Exception as error:  # noqa: BLE001  # the next look may do better
                logger.error("looking for changes: %s", place(error))


def _show_policy(policy: Policy, known: frozenset[str]) -> None:
    metrics.show_split(policy.ratios, known)
    if policy.shadow is not None:
        metrics.start_shadow_series({*policy.split, policy.reference}, policy.shadow.variant)


@functools.cache
def worker() -> Worker:
    """This process' worker, made at the first call: the supervisor imports this module, too."""
    return Worker(SETTINGS)


class LanedService(Service):  # type: ignore[misc]
    """A BentoML service whose application stands behind the fast lane."""

    def to_asgi(self, is_main: bool = True) -> AsgiApp:  # BentoML's words
        lane = FastLane(
            super().to_asgi(is_main),
            api=lambda: worker().api,
            max_concurrency=SETTINGS.max_concurrency,
        )
        return traced(lane, os.environ)


@bentoml.service(
    name="edgemood",
    service_class=LanedService,
    workers=SETTINGS.workers,
    http={"port": SETTINGS.port, "host": SETTINGS.host},
    # Its middleware holds what it sees until the timeout; only probes and scrapes pass there.
    traffic={"timeout": 10},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": ".*"},
)
class EmotionService:
    """Emotion labels for text, from several variants of one classifier."""

    def __init__(self) -> None:
        logging.getLogger("service").setLevel(logging.INFO)
        set_log_format(SETTINGS.log)  # again: BentoML has set up the worker's handlers since
        self._worker = worker()
        # What is there now stays: collections need not walk through it, nor come so often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def __is_ready__(self) -> bool:
        return bool(self._worker.repository.loaded)

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /, ctx: bentoml.Context) -> ClassifyResponse:
        """Label one text or many.

        Over HTTP the fast lane answers this call; it stands here for what calls a BentoML service
        without HTTP, and gives the same. What BentoML finds wrong itself does not come here.
        """
        request_id = fit_request_id(ctx.request.headers)
        try:
            asked = with_headers(request, ctx.request.headers)
            return self._worker.desk.answer(asked, request_id=request_id).response
        except ServiceError as error:
            refusal = error_response(error, request_id)
            ctx.response.status_code = refusal.status
            # BentoML hands a finished response on, whatever the annotation says.
            return HttpResponse(  # type: ignore[return-value]
                refusal.body, headers=dict(refusal.headers), media_type="application/json"
            )
