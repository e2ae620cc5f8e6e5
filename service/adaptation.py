"""Adapts a variant to its judged answers: an administrator's call that makes a new variant file."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from edgemood import Artifact, Classifier
from edgemood.adaptation.adapting import Examples, Fitted, adapted, fit_adaptation
from edgemood.adaptation.label_set import LabelSet
from edgemood.errors import AdaptationError
from edgemood.format.manifest import VARIANT_NAME
from service.errors import InvalidFieldError, NotAdaptedError, UnavailableError
from service.feedback_schemas import AdaptRequest, AdaptResponse, Interval, LabelGain
from service.inference.judged_pairs import JudgedPairs, Pair, Source
from service.inference.logit_codes import decode
from service.state.lock import file_lock
from service.state.private_database import DatabaseError
from service.variants.repository import VariantRepository

MAX_PAIRS = 5_000
"""The newest answers are used: more take seconds and help little."""
_LOCK_NAME = ".adapt.lock"


class Adaptation:
    """Makes candidates for all workers of a variants folder."""

    def __init__(self, state: Path, *, repository: VariantRepository, pairs: JudgedPairs) -> None:
        """Combine the parts of one worker.

        Args:
            state: the state folder, for a lock.
            repository: the variants, whose folder gets the candidates.
            pairs: the judged answers.
        """
        self._state, self._repository, self._pairs = state, repository, pairs

    def adapt(
        self, name: str, request: AdaptRequest, *, check: Callable[[], None] = lambda: None
    ) -> AdaptResponse:
        """Fit a variant to the judged answers of its file, and write the result as a new variant.

        Nothing is written if the interval of the gain includes zero, unless the request forces it.

        Args:
            name: of the variant.
            request: names the candidate.
            check: called between two fits; an error that it raises ends the work.

        Raises:
            InvalidFieldError: the candidate's name cannot be that of a variant.
            UnknownVariantError: no variant has that name.
            UnavailableError: the variant is not loaded, its pairs cannot be read, or the folder of
                variants cannot be written.
            NotAdaptedError: the candidate's name is taken, the judged answers are too few, or
                there is no clear gain.
        """
        self._repository.refresh_now()
        variant = self._repository.find(name)
        classifier, sha256 = variant.loaded_classifier, variant.sha256 or ""
        self._check_is_free(request.name)
        pairs = self._read(Source(name, sha256, classifier.labels))
        try:
            fitted = fit_adaptation(
                classifier.artifact.manifest,
                LabelSet.same(classifier.labels),
                _examples(classifier, pairs),
                report=lambda _done, _all: check(),
            )
            if not fitted.is_clear and not request.force:
                raise NotAdaptedError(_without_gain(fitted))
            candidate = adapted(
                classifier.artifact, fitted, name=request.name, parent_sha256=sha256
            )
        except AdaptationError as error:
            raise NotAdaptedError(f"{name}: {error}") from None
        self._write(candidate)
        self._repository.refresh_now()
        return _response(name, sha256, request.name, fitted)

    def _read(self, source: Source) -> Sequence[Pair]:
        try:
            kept = self._pairs.of(source)
        except DatabaseError as error:
            raise UnavailableError(f"the judged answers cannot be read: {error}") from None
        if kept is None:
            raise NotAdaptedError(f"{source.variant}: none of its file's answers was judged")
        return kept.pairs[-MAX_PAIRS:]

    def _write(self, candidate: Artifact) -> None:
        name = candidate.manifest.name
        try:
            with file_lock(self._state / _LOCK_NAME):
                self._check_is_free(name)  # again: another worker may have written it
                candidate.save(self._repository.file(name))
        except OSError as error:
            raise UnavailableError(
                f"the candidate cannot be written: {error.strerror}; EMOTION_VARIANTS names the"
                " folder"
            ) from error

    def _check_is_free(self, name: str) -> None:
        if not re.fullmatch(VARIANT_NAME, name):
            raise InvalidFieldError("name: use small letters, digits and . _ -, at most 63")
        if name in self._repository.names or self._repository.file(name).exists():
            raise NotAdaptedError(f"name: there is a variant {name}; choose another name")


def _examples(classifier: Classifier, pairs: Sequence[Pair]) -> Examples:
    """Judged answers as the fit takes them. Equal texts have equal logits, which are the keys."""
    codes = [pair.logits for pair in pairs]
    positions = range(len(classifier.labels))
    return Examples(
        logits=classifier.rule.label_logits(decode(codes)),
        targets=np.array([[bool(pair.true >> i & 1) for i in positions] for pair in pairs]),
        keys=[code.hex() for code in codes],
    )


def _without_gain(fitted: Fitted) -> str:
    gain = fitted.gain
    return (
        f"no clear gain: {gain.estimate:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] in macro-F1 on"
        f" {fitted.texts} judged texts; collect more, or send force"
    )


def _response(parent: str, sha256: str, name: str, fitted: Fitted) -> AdaptResponse:
    gain = fitted.gain
    return AdaptResponse(
        variant=name,
        parent=parent,
        parent_sha256=sha256,
        texts=fitted.texts,
        gain=Interval(
            value=round(gain.estimate, 4), low=round(gain.low, 4), high=round(gain.high, 4)
        ),
        labels={
            row.label: LabelGain(
                true=row.texts, before=round(row.before, 4), after=round(row.after, 4)
            )
            for row in fitted.by_label
        },
        unfitted=list(fitted.unfitted),
    )
