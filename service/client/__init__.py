"""A typed client of the service, for programs in Python: `Client`, and `AsyncClient` for asyncio.

    with Client("http://localhost:3000") as client:
        response = client.classify("I am so grateful for this!", key="user-7")
        print(response.variant, response.results[0].labels)

Needs httpx, which the extra `client` installs.
"""

from service.client.api_error import ApiError
from service.client.clients import AsyncClient, Client

__all__ = ["ApiError", "AsyncClient", "Client"]
