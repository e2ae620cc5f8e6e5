"""The admin token: which requests may change the service, and how fast it can be guessed."""

import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from service.errors import AdminDisabledError, TooManyAttemptsError, UnauthorizedError
from service.http.admission.refusals import DelayedRefusals
from service.limits import Limits
from service.observability import metrics


class AdminGate:
    """Lets admin calls pass.

    The right token passes at once, whatever others send: each token is compared, and every refusal
    tells that it is wrong. All refusals are delayed, which bounds the guesses of a connection to a
    few a second. An address or an account is never locked out, since callers behind one proxy share
    it. A token must therefore be too long to guess.
    """

    def __init__(self, token: SecretStr | None, limits: Limits) -> None:
        """Set the token; None turns admin calls off."""
        self._token = token
        self._refusals = DelayedRefusals(limits.max_delayed_tokens, limits.wrong_token_delay_s)

    async def check(self, headers: Mapping[str, str]) -> None:
        """Let a request pass that carries the token.

        Raises:
            AdminDisabledError: the server was started without a token.
            UnauthorizedError: the request carries another token, or none.
            TooManyAttemptsError: the same, and others wait for that answer.
        """
        try:
            check_admin(headers, self._token)
        except UnauthorizedError:
            metrics.ADMIN_REFUSED.inc()
            if self._refusals.is_full:
                raise TooManyAttemptsError from None
            await self._refusals.delay()
            raise


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
