"""Everything that the handlers of one worker work with."""

from dataclasses import dataclass

from service.administration import Administration
from service.inference.feedback import Feedback
from service.inference.service import InferenceService
from service.inference.shadow import Shadow
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
    policy_store: PolicyStore

    @property
    def is_ready(self) -> bool:
        """Whether a variant is loaded."""
        return bool(self.repository.loaded)

    def refresh(self) -> None:
        """Take in changes of the variant and state folders, and publish them in the metrics."""
        self.repository.refresh()
        self.policy_store.current()
