"""Puts the parts of one worker process together."""

import logging
import threading
import time

from service.administration import Administration
from service.errors import error_location
from service.http.services import Services
from service.inference.feedback import Feedback
from service.inference.receipts import Receipts
from service.inference.service import InferenceService
from service.inference.shadow import Shadow
from service.observability import metrics, series
from service.routing.policy import Policy, default_policy
from service.routing.policy_store import PolicyStore
from service.settings import Settings
from service.variants.load_state import LoadState
from service.variants.repository import VariantRepository

logger = logging.getLogger(__name__)

WATCH_INTERVAL_S = 1.0
"""How far a worker without requests may lag behind the folders."""


class Worker:
    """All parts of one worker process."""

    def __init__(self, settings: Settings) -> None:
        """Load the variants and the routing policy."""
        series.start_common_series()
        load_state = LoadState(settings.state)
        self.repository = VariantRepository(
            settings.variants, load_state=load_state, on_change=self._publish_split
        )
        series.forget_dead_workers()
        self.policy_store = PolicyStore(
            settings.state,
            default=default_policy(self.repository.usable or self.repository.names),
            known=lambda: self.repository.names,
            on_change=lambda policy: _publish(policy, self.repository.names),
            on_invalid=metrics.POLICY_REJECTED.inc,
        )
        self.receipts = Receipts(settings.receipt_key.get_secret_value().encode())
        self.services = Services(
            inference=InferenceService(self.repository, self.policy_store, self.receipts),
            shadow=Shadow(self.repository),
            feedback=Feedback(self.repository, self.receipts),
            repository=self.repository,
            administration=Administration(
                settings.state,
                repository=self.repository,
                load_state=load_state,
                policy=self.policy_store,
            ),
            policy_store=self.policy_store,
        )

    def watch(self) -> None:
        """Start a thread that follows changes of the folders while there are no requests."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(WATCH_INTERVAL_S)
            try:
                self.services.refresh()
            except Exception as error:  # noqa: BLE001  # the next attempt may succeed
                logger.error("looking for changes: %s", error_location(error))

    def _publish_split(self) -> None:
        _publish(self.policy_store.current(), self.repository.names)


def _publish(policy: Policy, known: frozenset[str]) -> None:
    """Show a policy in the metrics."""
    series.publish_split(policy.ratios, known)
    if policy.shadow is not None:
        series.start_shadow_series({*policy.split, policy.reference}, policy.shadow.variant)
