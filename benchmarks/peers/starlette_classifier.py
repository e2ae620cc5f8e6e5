"""One classifier behind a bare Starlette endpoint: the cost of HTTP, JSON and the model alone."""

import os
import secrets
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgemood import Classifier
from service.schemas import SCORE_DIGITS, ClassifyRequest, ClassifyResponse, Result

NAME = "apot-kd"
CLASSIFIER = Classifier.open(Path(os.environ["EMOTION_VARIANTS"]) / f"{NAME}.safetensors")


async def classify(request: Request) -> Response:
    """Parse and classify, without routing, metrics, receipts or limits."""
    body = ClassifyRequest.model_validate_json(await request.body())
    results = [
        Result(
            labels=list(prediction.labels),
            scores={k: round(v, SCORE_DIGITS) for k, v in prediction.scores.items()},
        )
        for prediction in CLASSIFIER.classify(body.all_texts)
    ]
    response = ClassifyResponse(
        request_id=secrets.token_hex(16),
        variant=NAME,
        assignment="split",
        results=results,
        receipt="",
    )
    return Response(response.model_dump_json().encode(), media_type="application/json")


app = Starlette(routes=[Route("/classify", classify, methods=["POST"])])
"""The application for uvicorn."""
