"""Lets requests see changes of the folders without reading a file on the event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from service.errors import UnknownVariantError
from service.http.messages import Response
from service.http.services import Services


async def with_fresh_state(
    services: Services, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Answer a request with the policy and the variants that are on disk now.

    An administrator's change is seen by every request that arrives after it. An unknown variant is
    searched on disk once before the request is refused.

    Raises:
        ServiceError: raised by `answer`.
    """
    if services.has_changed():
        await asyncio.to_thread(services.refresh)
    try:
        return await answer()
    except UnknownVariantError:
        await asyncio.to_thread(services.repository.search)
        return await answer()
