"""Compression methods; a new one is one module and one entry of the table below."""

from compression.methods.base import Method
from compression.methods.fine_tuned.apot import ApotMethod
from compression.methods.fine_tuned.cqat import Cqat
from compression.methods.fine_tuned.low_rank import LowRank
from compression.methods.fine_tuned.lsq import Lsq
from compression.methods.fine_tuned.mixed import Mixed
from compression.methods.fine_tuned.prune import Prune
from compression.methods.fine_tuned.prune_structured import PruneStructured
from compression.methods.fine_tuned.qat import Qat
from compression.methods.fine_tuning import FineTuned
from compression.methods.post_training.fp16 import Fp16
from compression.methods.post_training.fp32 import Fp32
from compression.methods.post_training.int8_dynamic import Int8Dynamic
from compression.methods.post_training.int8_static import Int8Static
from edgemood.registry import Registry

METHODS: Registry[type[Method]] = Registry(
    "method",
    (
        (entry.method, entry)
        for entry in (
            Fp32,
            Fp16,
            Int8Dynamic,
            Int8Static,
            Qat,
            Lsq,
            Mixed,
            Cqat,
            ApotMethod,
            Prune,
            PruneStructured,
            LowRank,
        )
    ),
)


def trains_further(method: str) -> bool:
    """Whether a method fine-tunes the base, which needs labelled texts."""
    return method in METHODS and issubclass(METHODS[method], FineTuned)


__all__ = ["METHODS", "Method", "trains_further"]
