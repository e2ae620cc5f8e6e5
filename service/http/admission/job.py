"""One request that waits for a slot or runs on a thread, and may have to end early."""

import asyncio
from collections.abc import Callable

from service.inference.work_budget import WorkBudget


class Job:
    """A request with its budget. Used on the event loop; its thread sees only the budget."""

    def __init__(self, *, cost: int, budget: WorkBudget) -> None:
        """A job that has not begun.

        Args:
            cost: bytes of the body, an upper bound of its tokens.
            budget: checked by the thread that does the work.
        """
        self.cost, self.budget = cost, budget
        self.wait_ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the job may begin, or was stopped while it waited; the budget tells which."""
        self.has_begun = False

    def begin(self) -> None:
        """End the wait."""
        self.has_begun = True
        self.wait_ended.set_result(None)

    def stop(self, reason: Callable[[], Exception]) -> None:
        """End the job: at once if it waits, at the next check of its budget if it runs."""
        self.budget.stop(reason)
        if not self.wait_ended.done():
            self.wait_ended.set_result(None)
