"""The same work as a BentoML service with every default: what our own path ahead of it saves."""

import os
import secrets
from pathlib import Path

import bentoml

from edgemood import Classifier
from service.schema import SCORE_DIGITS, ClassifyRequest, ClassifyResponse, Result

NAME = "apot-kd"


@bentoml.service(name="plain")
class Plain:
    """One variant, one call."""

    def __init__(self) -> None:
        """Load the variant."""
        path = Path(os.environ["EMOTION_VARIANTS"]) / f"{NAME}.safetensors"
        self._classifier = Classifier.open(path)

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /) -> ClassifyResponse:
        """Label one text or many."""
        results = [
            Result(
                labels=list(prediction.labels),
                scores={k: round(v, SCORE_DIGITS) for k, v in prediction.scores.items()},
            )
            for prediction in self._classifier.classify(request.all_texts)
        ]
        return ClassifyResponse(
            request_id=secrets.token_hex(16),
            variant=NAME,
            assignment="split",
            results=results,
            receipt="",
        )
