"""Calls of a running server that several system tests make."""

import re

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
