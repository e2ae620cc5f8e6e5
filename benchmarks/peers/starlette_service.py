"""The service's own work behind a bare Starlette endpoint, without BentoML's server."""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.app import worker
from service.http.api.handlers import classify as handle
from service.http.messages import Request as ServiceRequest
from service.http.parsing.headers import request_id_from

SERVICES = worker().services


async def classify(request: Request) -> Response:
    """Route, classify, count and issue a receipt, without limits and error responses."""
    headers = request.headers
    service_request = ServiceRequest(
        method=request.method,
        path=request.url.path,
        headers=headers,
        body=await request.body(),
        id=request_id_from(headers),
        received_at=time.perf_counter(),
    )
    response = handle(SERVICES, service_request)
    return Response(
        response.body,
        headers={**response.headers, "X-Request-ID": service_request.id},
        media_type="application/json",
    )


app = Starlette(routes=[Route("/classify", classify, methods=["POST"])])
"""The application for uvicorn."""
