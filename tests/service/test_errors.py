"""Properties of every error that callers receive."""

from http import HTTPStatus

import pytest

from service import errors
from service.errors import ServiceError, error_location

ALL = [
    one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, ServiceError) and one is not ServiceError
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_status_and_code(error: type[ServiceError]) -> None:
    assert HTTPStatus(error.status) >= HTTPStatus.BAD_REQUEST
    assert error.code.replace("_", "").islower()


def test_each_code_has_one_status() -> None:
    pairs = {(error.code, error.status) for error in ALL}
    assert len(pairs) == len({code for code, _ in pairs})


def test_a_location_has_type_and_line_but_no_message() -> None:
    def fail() -> None:
        raise KeyError("4f1c2a")

    try:
        fail()
    except KeyError as error:
        location = error_location(error)
    assert location.startswith(f"KeyError at {__file__}:")
    assert "4f1c2a" not in location


def test_an_error_that_was_not_raised_has_no_location() -> None:
    assert error_location(ValueError("x")) == "ValueError at unknown place"
