"""The service on BentoML's default path, through its middleware and its JSON encoding."""

import bentoml

from service.app import worker
from service.http.messages import fit_request_id, with_headers
from service.schemas import ClassifyRequest, ClassifyResponse


@bentoml.service(name="plain")
class Plain:
    """One endpoint, with BentoML's default settings."""

    def __init__(self) -> None:
        """Load the variants."""
        self._desk = worker().desk

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /, ctx: bentoml.Context) -> ClassifyResponse:
        """Route, classify, count and issue a receipt, as the service does."""
        asked = with_headers(request, ctx.request.headers)
        request_id = fit_request_id(ctx.request.headers)
        return self._desk.answer(asked, request_id=request_id).response
