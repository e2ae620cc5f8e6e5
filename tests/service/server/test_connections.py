"""Which connections stay when there are too many."""

from hypothesis import given
from hypothesis import strategies as st

from service.server.connections import Connections


class Fake:
    """A connection that records what happens to it."""

    def __init__(self, unread: int = 0) -> None:
        self.aborted = False
        self.checked: list[float] = []
        self._unread = unread

    def abort(self) -> None:
        self.aborted = True

    def check_deadlines(self, now: float) -> None:
        self.checked.append(now)

    def unread_bytes(self) -> int:
        return self._unread


def test_the_order_of_eviction() -> None:
    registry = Connections(limit=4, max_unread_bytes=100)
    busy, idle, first, second = (Fake() for _ in range(4))
    for one in (busy, idle, first, second):
        assert registry.add(one)
    registry.mark_in_use(busy)
    registry.mark_in_use(idle)
    registry.mark_idle(idle)
    for expected in (first, second, idle):
        new = Fake()
        assert registry.add(new)
        assert expected.aborted
        registry.mark_in_use(new)
    assert not registry.add(Fake())
    assert not busy.aborted


@given(
    st.lists(st.tuples(st.sampled_from(["add", "use", "idle", "remove"]), st.integers(0, 20))),
    st.integers(1, 5),
)
def test_the_limit_holds_whatever_happens(events: list[tuple[str, int]], limit: int) -> None:
    registry = Connections(limit=limit, max_unread_bytes=100)
    fakes: list[Fake] = []
    in_use: set[Fake] = set()
    for event, index in events:
        if event == "add":
            new = Fake()
            accepted = registry.add(new)
            assert accepted or len(in_use) == limit
            fakes += [new] if accepted else []
        elif fakes:
            one = fakes[index % len(fakes)]
            if one.aborted:
                continue
            if event == "use":
                registry.mark_in_use(one)
                in_use.add(one)
            elif event == "idle" and one in in_use:
                registry.mark_idle(one)
                in_use.discard(one)
            elif event == "remove":
                registry.remove(one)
                fakes.remove(one)
                in_use.discard(one)
        assert len(registry) <= limit
        assert not any(one.aborted for one in in_use)


def test_a_connection_that_begins_a_request_loses_no_place() -> None:
    registry = Connections(limit=2, max_unread_bytes=100)
    first, second, full = Fake(), Fake(), Fake()
    assert registry.add(first)
    assert registry.add(second)
    registry.replace(first, full)
    assert len(registry) == 2
    assert registry.add(Fake())
    assert second.aborted
    assert not full.aborted
    registry.close_silent()
    assert full.aborted


def test_those_who_leave_most_unread_are_closed() -> None:
    registry = Connections(limit=9, max_unread_bytes=100)
    sizes = (10, 60, 80, 0, 20)
    fakes = [Fake(size) for size in sizes]
    for one in fakes:
        registry.add(one)
    registry.sweep(3.5)
    assert [one.aborted for one in fakes] == [False, False, True, False, False]
    assert all(one.checked == [3.5] for one in fakes)
