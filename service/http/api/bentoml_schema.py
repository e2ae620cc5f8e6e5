"""The document that BentoML's HTTP clients read first: the calls that they can make.

A client makes a method of each entry. The method sends its arguments as a JSON object by POST;
positional ones become the properties in order. The clients know neither path parameters nor the
admin token, so calls with either are left out.
"""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from service.http.api.route import Route


def schema(routes: Iterable[Route]) -> bytes:
    """The document as JSON.

    Args:
        routes: the route table.
    """
    calls = [
        _call(route, route.request, route.response)
        for route in routes
        if route.method == "POST" and route.request and route.response and not route.is_admin
    ]
    return json.dumps({"name": "edgemood", "type": "service", "routes": calls}, indent=1).encode()


def _call(route: Route, request: type[BaseModel], response: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": route.operation,
        "route": route.path,
        "doc": route.summary,
        "input": request.model_json_schema(),
        "output": response.model_json_schema(mode="serialization"),
    }
