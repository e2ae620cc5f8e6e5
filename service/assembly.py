"""Puts the parts of one worker process together."""

import logging
import threading
import time

from service.adaptation import Adaptation
from service.administration import Administration
from service.allocator import Allocator, find_heap
from service.errors import error_location
from service.http.services import Services
from service.inference.feedback import Feedback
from service.inference.judged_pairs import JudgedPairs
from service.inference.receipts import Receipts
from service.inference.service import InferenceService
from service.inference.shadow import Shadow
from service.observability import metrics, series
from service.observability.exposition import Exposition
from service.observability.metrics_folder import metrics_folder
from service.observability.process_memory import publish_resident_bytes
from service.observability.values import VALUES
from service.routing.policy import Policy, default_policy
from service.routing.policy_copy import PolicyCopy
from service.routing.policy_store import PolicyStore, Rejection
from service.settings import Settings
from service.variants.load_state import LoadState
from service.variants.loader import VariantLoader
from service.variants.repository import VariantRepository

logger = logging.getLogger(__name__)

WATCH_INTERVAL_S = 0.5
"""Time between two looks at the folders; requests also look at the state folder."""


class Worker:
    """All parts of one worker process."""

    def __init__(self, settings: Settings) -> None:
        """Load the variants and the routing policy."""
        if (folder := metrics_folder()) is not None:
            VALUES.share_in(folder)
        series.start_common_series()
        load_state = LoadState(settings.state)
        self.repository = self._open_repository(settings, load_state)
        self.policy_store = self._open_policy_store(settings)
        key = settings.receipt_key.get_secret_value().encode()
        self.receipts = Receipts(key, with_logits=settings.feedback_pairs > 0)
        self.pairs = JudgedPairs(
            settings.state,
            max_pairs=settings.feedback_pairs,
            on_damage=metrics.FEEDBACK_DAMAGED.inc,
        )
        self.services = Services(
            inference=InferenceService(self.repository, self.policy_store, self.receipts),
            shadow=Shadow(self.repository),
            feedback=Feedback(self.repository, self.receipts, self.pairs),
            repository=self.repository,
            administration=Administration(
                settings.state,
                repository=self.repository,
                load_state=load_state,
                policy=self.policy_store,
            ),
            adaptation=Adaptation(settings.state, repository=self.repository, pairs=self.pairs),
            policy_store=self.policy_store,
            exposition=Exposition(),
        )
        self._allocator = Allocator(find_heap())
        self.look()

    def _open_repository(self, settings: Settings, load_state: LoadState) -> VariantRepository:
        return VariantRepository(
            settings.variants,
            load_state=load_state,
            on_change=self._on_variants_changed,
            in_use=lambda: self.policy_store.in_force.named,
            loader=VariantLoader(
                max_bytes=settings.limits.max_variant_bytes,
                max_memory_bytes=settings.limits.max_variant_memory_bytes,
            ),
        )

    def _open_policy_store(self, settings: Settings) -> PolicyStore:
        return PolicyStore(
            settings.state,
            default=lambda: default_policy(self.repository.usable or self.repository.names),
            known=lambda: self.repository.names,
            can_answer=self._can_answer,
            copy=PolicyCopy.of_state(settings.state),
            on_change=self._publish_policy,
            on_reject=_count_rejection,
        )

    def watch(self) -> None:
        """Start a thread that follows changes of the folders while there are no requests."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def look(self) -> None:
        """Take in changes of the folders, and update the gauges that no event updates."""
        self.services.refresh()
        metrics.POLICY_STALE.set(self.policy_store.problem is not None)
        self._allocator.give_back()
        publish_resident_bytes()
        VALUES.maintain()
        metrics.METRICS_ERRORS.inc(VALUES.take_errors())

    def _watch(self) -> None:
        last = ""
        while True:
            time.sleep(WATCH_INTERVAL_S)
            try:
                self.look()
                last = ""
            except Exception as error:  # noqa: BLE001  # the next attempt may succeed
                if (problem := error_location(error)) != last:
                    logger.error("looking for changes: %s", problem)
                last = problem

    def _can_answer(self, policy: Policy) -> bool:
        """Whether a policy names a loaded variant."""
        return not policy.answering.isdisjoint(self.repository.loaded)

    def _on_variants_changed(self) -> None:
        self.policy_store.reconsider()
        self._publish_policy(self.policy_store.in_force)

    def _publish_policy(self, policy: Policy) -> None:
        """Show a policy in the metrics."""
        series.publish_split(policy.ratios, self.repository.names)
        if policy.shadow is not None:
            series.start_shadow_series({*policy.split, policy.reference}, policy.shadow.variant)


def _count_rejection(rejection: Rejection) -> None:
    metrics.POLICY_REJECTED.labels(rejection).inc()
