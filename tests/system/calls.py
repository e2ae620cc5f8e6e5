"""Calls of a running server that several system tests make."""

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx

TOKEN = "correct horse battery staple"
"""The admin token of the servers that the fixture `serve` starts."""


def put_split(client: httpx.Client, split: dict[str, float]) -> httpx.Response:
    return client.put(
        "/routing",
        json={"split": split, "reference": "fp32"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


def metrics_of(url: str) -> str:
    return httpx.get(f"{url}/metrics").text


def samples(text: str, name: str) -> dict[str, float]:
    pattern = re.compile(rf"^{name}(\{{[^}}]*\}})? (\S+)$", re.MULTILINE)
    return {labels: float(value) for labels, value in pattern.findall(text)}


def post_once(url: str, body: object) -> tuple[int, Any]:
    """Status and JSON of a request over a connection of its own, which any worker may accept.

    A client of httpx would read the certificates of the machine first, for 35 ms.
    """
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", address.path, json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
