"""The same service on BentoML's default path: what answering ahead of its middleware saves."""

import bentoml

from service.app import worker
from service.http.messages import fit_request_id, with_headers
from service.schemas import ClassifyRequest, ClassifyResponse


@bentoml.service(name="plain")
class Plain:
    """One call, every setting BentoML's."""

    def __init__(self) -> None:
        """Load the variants."""
        self._desk = worker().desk

    @bentoml.api(route="/classify")
    async def classify(self, request: ClassifyRequest, /, ctx: bentoml.Context) -> ClassifyResponse:
        """Routing, variant, metrics and receipt, as in our own path."""
        asked = with_headers(request, ctx.request.headers)
        request_id = fit_request_id(ctx.request.headers)
        return self._desk.answer(asked, request_id=request_id).response
