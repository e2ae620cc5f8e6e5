"""What one request may still use: tokens and time. Checked between two pieces of its work.

Large requests take seconds. If the client leaves or the worker stops meanwhile, `stop` is called,
and the work ends at its next check, as it does when the deadline has passed.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from math import inf

from service.errors import DeadlineExceededError, TooManyTokensError


class WorkBudget:
    """The budget of one request. `stop` and the checks may run on different threads."""

    def __init__(
        self,
        *,
        max_tokens: int | None = None,
        seconds: float = inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin now.

        Args:
            max_tokens: tokens of all texts; None for any number.
            seconds: until the deadline.
            clock: returns seconds.
        """
        self._max_tokens, self._seconds = max_tokens, seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self._stopped_by: Callable[[], Exception] | None = None

    def stop(self, reason: Callable[[], Exception]) -> None:
        """Let the next check raise an error; the first reason counts.

        Args:
            reason: makes the error. An error that the budget kept would keep the frames that it
                passed through, with the texts of the request.
        """
        self._stopped_by = self._stopped_by or reason

    def check(self) -> None:
        """Raise if the work must end.

        Raises:
            DeadlineExceededError: the deadline is over.
            Exception: the reason that `stop` was given.
        """
        if self._stopped_by is not None:
            raise self._stopped_by()
        if self._clock() >= self._deadline:
            raise DeadlineExceededError(self._seconds)

    def check_tokens(self, tokens: int) -> None:
        """Raise if a request has too many tokens.

        Raises:
            TooManyTokensError: there are more than the budget allows.
        """
        if self._max_tokens is not None and tokens > self._max_tokens:
            raise TooManyTokensError(self._max_tokens)

    def checked(self, texts: Iterable[str]) -> Iterator[str]:
        """The texts, with a check before each."""
        for text in texts:
            self.check()
            yield text


class _Unbounded(WorkBudget):
    """The budget of work that is small by itself. All of it shares one, so nothing can stop it."""

    def stop(self, reason: Callable[[], Exception]) -> None:
        raise NotImplementedError

    def check(self) -> None:
        """Return at once."""

    def checked(self, texts: Iterable[str]) -> Iterator[str]:
        """The texts."""
        return iter(texts)


UNBOUNDED: WorkBudget = _Unbounded()
