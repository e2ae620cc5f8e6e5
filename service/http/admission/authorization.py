"""The admin token: which requests may change the service."""

import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from service.errors import AdminDisabledError, UnauthorizedError


def check_admin(headers: Mapping[str, str], token: SecretStr | None) -> None:
    """Let a request pass that carries the admin token.

    Args:
        headers: of the request, names in lower case.
        token: the server's; None if admin calls are off.

    Raises:
        AdminDisabledError: the server was started without a token.
        UnauthorizedError: the request carries another token, or none.
    """
    if token is None:
        raise AdminDisabledError
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    expected = token.get_secret_value().encode()
    if scheme.lower() != "bearer" or not hmac.compare_digest(
        sent.strip().encode("latin-1"), expected
    ):
        raise UnauthorizedError
