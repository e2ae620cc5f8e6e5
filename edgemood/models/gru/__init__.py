"""A gated recurrent unit: gates side by side, the recurrence, and the model they make."""

from edgemood.models.gru.model import Gru

__all__ = ["Gru"]
