"""The service's own work behind a bare Starlette endpoint, without BentoML's server."""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.app import worker
from service.http.messages import Request as ServiceRequest
from service.http.messages import fit_request_id

API = worker().api


async def classify(request: Request) -> Response:
    """Route, classify, count and issue a receipt, without limits and error responses."""
    headers = request.headers
    asked = ServiceRequest(
        method=request.method,
        path=request.url.path,
        headers=headers,
        body=await request.body(),
        id=fit_request_id(headers),
        arrived=time.perf_counter(),
    )
    answer = API.classify(asked)
    return Response(
        answer.body,
        headers={**answer.headers, "X-Request-ID": asked.id},
        media_type="application/json",
    )


app = Starlette(routes=[Route("/classify", classify, methods=["POST"])])
"""The application for uvicorn."""
