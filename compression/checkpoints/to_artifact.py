"""Export of checkpoints to artifacts; torch tensors become encoded weights here only."""

from collections.abc import Callable, Iterable, Mapping

from pydantic import JsonValue

from compression.checkpoints.checkpoint import Checkpoint
from compression.networks import Matrix
from edgemood import Artifact
from edgemood.encodings import Weight
from edgemood.text.tokenizers import CURRENT_VERSION

UNTUNED = 0.5
"""The threshold of every label before `compression.recipes.build` tunes it."""


def export(
    base: Checkpoint,
    *,
    method: str,
    settings: Mapping[str, JsonValue],
    encode: Callable[[Matrix], Weight],
    sizes: Mapping[str, int | tuple[int, ...]] | None = None,
    matrices: Iterable[Matrix] | None = None,
) -> Artifact:
    """An artifact with the base's vocabulary and encoded weights.

    Its name is the method's and its thresholds are `UNTUNED`; `compression.recipes.build` sets
    both.

    Args:
        base: vocabulary, labels and, by default, weights.
        method: its name.
        settings: of the method, for the manifest.
        encode: encodes one weight.
        sizes: of the architecture, if not the base's.
        matrices: the weights, if not the base's.
    """
    return Artifact.create(
        {
            "name": method,
            "architecture": base.settings.model.architecture,
            "sizes": dict(sizes or base.settings.model.sizes),
            "tokenizer_version": CURRENT_VERSION,
            "labels": base.labels,
            "thresholds": [UNTUNED] * len(base.labels),
            "method": method,
            "settings": dict(settings),
        },
        base.vocabulary,
        {matrix.name: encode(matrix) for matrix in matrices or base.module().matrices()},
    )
