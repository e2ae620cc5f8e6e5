import pytest
from pydantic import SecretStr

from service.errors import AdminDisabledError, UnauthorizedError
from service.http.admission.authorization import check_admin

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
