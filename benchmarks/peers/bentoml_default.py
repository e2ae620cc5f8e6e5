"""The service on BentoML's default path, through its middleware and its JSON encoding."""

import bentoml

from service.app import worker
from service.http.parsing.headers import request_id_from, with_header_fields
from service.schemas import ClassifyRequest, ClassifyResponse


@bentoml.service(name="plain")
class Plain:
    """One endpoint, with BentoML's default settings."""

    def __init__(self) -> None:
        """Load the variants."""
        self._inference = worker().services.inference

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /, ctx: bentoml.Context) -> ClassifyResponse:
        """Route, classify, count and issue a receipt, as the service does."""
        classify_request = with_header_fields(request, ctx.request.headers)
        request_id = request_id_from(ctx.request.headers)
        return self._inference.classify(classify_request, request_id=request_id).response
