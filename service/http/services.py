"""Everything that the handlers of one worker work with."""

from dataclasses import dataclass

from service.adaptation import Adaptation
from service.administration import Administration
from service.inference.feedback import Feedback
from service.inference.service import InferenceService
from service.inference.shadow import Shadow
from service.observability.exposition import Exposition
from service.routing.policy_store import PolicyStore
from service.variants.repository import VariantRepository


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts of one worker, put together by `service.assembly`."""

    inference: InferenceService
    shadow: Shadow
    feedback: Feedback
    repository: VariantRepository
    administration: Administration
    adaptation: Adaptation
    policy_store: PolicyStore
    exposition: Exposition

    @property
    def is_ready(self) -> bool:
        """Whether a variant is loaded."""
        return bool(self.repository.loaded)

    def has_changed(self) -> bool:
        """Whether the state folder has changed; a few microseconds, without reading a file."""
        return self.repository.load_state_has_changed() or self.policy_store.has_changed()

    def refresh(self) -> None:
        """Take in changes of both folders; reads files, so not for the event loop."""
        self.repository.refresh()  # first: a new policy may name a variant that is new as well
        self.policy_store.current()
