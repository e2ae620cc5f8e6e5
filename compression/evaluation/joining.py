"""Labels of variants that count as labels of the data: finer groupings on coarser ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from compression.errors import CompressionError


@dataclass(frozen=True)
class LabelJoin:
    """Which labels of a variant count as each label of the data.

    Attributes:
        own: the variant's labels.
        columns: the columns of the variant's scores, for each label of the data.
    """

    own: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]

    @classmethod
    def of(
        cls, own: Sequence[str], labels: Sequence[str], joined: Mapping[str, str] | None = None
    ) -> Self:
        """Find the columns.

        Args:
            own: the variant's labels.
            labels: the data's.
            joined: from labels of the variant to labels of the data; all others keep their names. A
                variant with the data's labels needs none of it.

        Raises:
            CompressionError: the variant's labels do not become the data's.
        """
        names = list(own) if joined is None or list(own) == list(labels) else _joined(own, joined)
        if list(own) != list(labels) and (joined is None or set(names) != set(labels)):
            found = ", ".join(dict.fromkeys(names))
            raise CompressionError(f"its labels are {found}; the data's are {', '.join(labels)}")
        groups = [[i for i, name in enumerate(names) if name == label] for label in labels]
        return cls(tuple(own), tuple(map(tuple, groups)))

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """The highest score of each group of labels, or whether any of them is given.

        Args:
            values: scores or decisions. *Shape:* `(examples, labels of the variant)`.

        Returns:
            *Shape:* `(examples, labels of the data)`.
        """
        return np.stack([values[:, group].max(axis=1) for group in self.columns], axis=1)


def _joined(own: Sequence[str], joined: Mapping[str, str]) -> list[str]:
    for label in joined:
        if label not in own:
            raise CompressionError(f"cannot join {label}: its labels are {', '.join(own)}")
    return [joined.get(label, label) for label in own]
