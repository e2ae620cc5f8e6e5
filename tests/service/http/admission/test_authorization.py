"""The admin token: what passes, and how many wrong ones are answered at once."""

import asyncio
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from service.errors import AdminDisabledError, TooManyAttemptsError, UnauthorizedError
from service.http.admission.authorization import AdminGate, check_admin
from service.limits import Limits
from service.observability import metrics

TOKEN = SecretStr("a long secret")


@pytest.mark.parametrize("sent", ["Bearer a long secret", "bearer  a long secret "])
def test_the_token_passes(sent: str) -> None:
    check_admin({"authorization": sent}, TOKEN)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "a long secret"},
        {"authorization": "Basic a long secret"},
        {"authorization": "Bearer a long secret!"},
        {"authorization": "Bearer \xe9"},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnauthorizedError):
        check_admin(headers, TOKEN)


def test_without_a_token_nothing_passes() -> None:
    with pytest.raises(AdminDisabledError):
        check_admin({"authorization": "Bearer "}, None)


def gate(**limits: float) -> AdminGate:
    return AdminGate(TOKEN, Limits(**limits))


def test_wrong_tokens_wait_for_their_answer_and_only_so_many_at_once(
    count: Callable[..., float],
) -> None:
    async def go() -> None:
        own = gate(max_delayed_tokens=2, wrong_token_delay_s=0.05)
        wrong = {"authorization": "Bearer wrong"}
        guesses = [asyncio.create_task(own.check(wrong)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyAttemptsError) as refusal:
            await own.check(wrong)
        assert refusal.value.headers["Retry-After"] == "1"
        await own.check({"authorization": "Bearer a long secret"})  # at once, whatever others send
        assert not any(guess.done() for guess in guesses)
        found = await asyncio.gather(*guesses, return_exceptions=True)
        assert [type(error) for error in found] == [UnauthorizedError] * 2

    before = metrics.ADMIN_REFUSED._value.get()
    asyncio.run(go())
    assert metrics.ADMIN_REFUSED._value.get() == before + 3


def test_calls_to_a_server_without_a_token_are_no_guesses() -> None:
    before = metrics.ADMIN_REFUSED._value.get()
    with pytest.raises(AdminDisabledError):
        asyncio.run(AdminGate(None, Limits()).check({}))
    assert metrics.ADMIN_REFUSED._value.get() == before
