"""Budgets of time and tokens, with a clock that the tests move."""

from collections.abc import Iterator

import pytest

from service.errors import (
    ClientDisconnectedError,
    DeadlineExceededError,
    ShuttingDownError,
    TooManyTokensError,
)
from service.inference.work_budget import UNBOUNDED, WorkBudget


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_work_may_go_on_until_the_deadline() -> None:
    clock = Clock()
    budget = WorkBudget(seconds=2.5, clock=clock)
    clock.now = 102.4
    budget.check()
    clock.now = 102.5
    with pytest.raises(DeadlineExceededError, match=r"within 2\.5 s"):
        budget.check()


def test_the_first_reason_to_stop_counts() -> None:
    budget = WorkBudget()
    budget.check()
    budget.stop(ClientDisconnectedError)
    budget.stop(ShuttingDownError)
    with pytest.raises(ClientDisconnectedError):
        budget.check()


def test_tokens_at_the_limit_pass_and_one_more_is_refused() -> None:
    budget = WorkBudget(max_tokens=3)
    budget.check_tokens(3)
    with pytest.raises(TooManyTokensError, match="3 tokens at most"):
        budget.check_tokens(4)


def test_every_text_is_preceded_by_a_check() -> None:
    budget = WorkBudget()

    def texts() -> Iterator[str]:
        yield "one"
        budget.stop(ShuttingDownError)
        yield "two"

    found = []
    with pytest.raises(ShuttingDownError):
        found.extend(budget.checked(texts()))
    checked = budget.checked(["never"])
    with pytest.raises(ShuttingDownError):
        next(checked)


def test_unbounded_work_is_never_stopped() -> None:
    assert list(UNBOUNDED.checked(["one", "two"])) == ["one", "two"]
    UNBOUNDED.check()
    UNBOUNDED.check_tokens(10**9)
    with pytest.raises(NotImplementedError):
        UNBOUNDED.stop(ShuttingDownError)
