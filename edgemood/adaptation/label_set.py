"""The labels of an adapted variant, each of which begins as one or several labels of its parent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from edgemood.arrays import Float32
from edgemood.decision import with_joined
from edgemood.errors import AdaptationError
from edgemood.format.manifest import Label

_LABEL: TypeAdapter[str] = TypeAdapter(Label)

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelSet:
    """Labels, and the parent's labels that each of them joins."""

    labels: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    """For each label, columns of the parent's logits."""

    @classmethod
    def same(cls, labels: Sequence[str]) -> Self:
        """The labels of the parent."""
        return cls(tuple(labels), tuple((i,) for i in range(len(labels))))

    @classmethod
    def parse(cls, arguments: Sequence[str], parent: Sequence[str]) -> Self:
        """Read arguments such as `negative=anger,sadness`.

        Args:
            arguments: one for each label.
            parent: the parent's labels. One may be part of several labels, or of none.

        Raises:
            AdaptationError: an argument is malformed, repeats a label, or names an unknown one.
        """
        pairs = [_pair(argument) for argument in arguments]
        labels = tuple(label for label, _ in pairs)
        if len(set(labels)) < len(labels):
            raise AdaptationError(f"--labels: a label comes twice in {' '.join(arguments)}")
        known = {name: i for i, name in enumerate(parent)}
        for label, members in pairs:
            for name in members:
                if name not in known:
                    raise AdaptationError(
                        f"--labels: {label}={','.join(members)}: the variant has no label {name!r};"
                        f" it has {', '.join(parent)}"
                    )
        return cls(labels, tuple(tuple(known[name] for name in members) for _, members in pairs))

    @property
    def joined(self) -> tuple[tuple[int, ...], ...]:
        """The groups of more than one logit."""
        return tuple(group for group in self.groups if len(group) > 1)

    def own(self, outputs: int) -> tuple[int, ...]:
        """The input that each label begins as; joined groups follow the parent's logits.

        Args:
            outputs: the number of the parent's labels.
        """
        further = iter(range(outputs, outputs + len(self.joined)))
        return tuple(group[0] if len(group) == 1 else next(further) for group in self.groups)

    def inputs(self, logits: Float32) -> NDArray[np.float64]:
        """The parent's logits, and those of joined groups. *Shape:* `(texts, inputs)`.

        A group's logit is the log-sum-exp of its members. In a softmax it is exactly the logit of
        "one of these". For independent labels it adds their odds, which is close to that if
        they rarely occur together.
        """
        return with_joined(logits, self.joined).astype(np.float64)

    def given(self, decided: Bool) -> Bool:
        """Whether any of a label's members is given. *Shape:* `(texts, labels)`.

        Args:
            decided: the parent's decisions. *Shape:* `(texts, labels of the parent)`.
        """
        return np.stack([decided[:, list(group)].any(axis=1) for group in self.groups], axis=1)


def _pair(argument: str) -> tuple[str, tuple[str, ...]]:
    label, _, members = argument.partition("=")
    names = tuple(dict.fromkeys(name.strip() for name in members.split(",")))
    try:
        _LABEL.validate_python(label.strip())
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise AdaptationError(f"--labels: {label!r} cannot be a label: {problem}") from error
    if not all(names):
        raise AdaptationError(
            f"--labels: {argument!r} is not of the form LABEL=OLD,OLD, such as"
            " negative=anger,sadness"
        )
    return label.strip(), names
