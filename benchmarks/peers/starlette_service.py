"""The same service behind a bare Starlette endpoint: what our path and BentoML's server cost.

Started by `benchmarks/service.py` with uvicorn, uvloop and httptools, as BentoML starts ours.
"""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.app import worker
from service.http import messages as exchange

API = worker().api


async def classify(request: Request) -> Response:
    """Routing, variant, metrics and receipt; no cap, no bounds, no errors of our shape."""
    headers = request.headers
    asked = exchange.Request(
        method=request.method,
        path=request.url.path,
        headers=headers,
        body=await request.body(),
        id=exchange.fit_request_id(headers),
        arrived=time.perf_counter(),
    )
    answer = API.classify(asked)
    return Response(
        answer.body,
        headers={**answer.headers, "X-Request-ID": asked.id},
        media_type="application/json",
    )


app = Starlette(routes=[Route("/classify", classify, methods=["POST"])])
"""For uvicorn."""
