"""Memory of bodies: what is reserved, refused and freed."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import OverloadedError
from service.http.admission.body_memory import GRACE_S, BodyMemory
from service.limits import MEDIUM_BODY_BYTES, MIB, SMALL_BODY_BYTES, Limits

LIMITS = Limits(
    large_slots=1,
    max_body_bytes_in_flight=4 * MIB,  # 1 MiB for medium bodies, 3 MiB for large ones
    max_connections=8,
    small_body_reserve=8 * SMALL_BODY_BYTES,
)
LARGE = MEDIUM_BODY_BYTES + 1


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_bodies_of_one_size_refuse_none_of_a_smaller_size() -> None:
    memory = BodyMemory(LIMITS)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(memory.reservation()).grow_to(MIB)
        with memory.reservation() as fourth, pytest.raises(OverloadedError):
            fourth.grow_to(LARGE)
        for _ in range(16):
            held.enter_context(memory.reservation()).grow_to(MEDIUM_BODY_BYTES)
        with memory.reservation() as another, pytest.raises(OverloadedError):
            another.grow_to(SMALL_BODY_BYTES + 1)
        for _ in range(8):
            held.enter_context(memory.reservation()).grow_to(SMALL_BODY_BYTES)
        with memory.reservation() as ninth, pytest.raises(OverloadedError):
            ninth.grow_to(1)
        assert memory.held == 4 * MIB + 8 * SMALL_BODY_BYTES
    assert memory.held == 0


def test_a_body_counts_in_the_pool_of_its_declared_size() -> None:
    memory = BodyMemory(LIMITS)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(memory.reservation()).grow_to(MIB)
        with memory.reservation(LARGE) as begun, pytest.raises(OverloadedError):
            begun.grow_to(1)
        with memory.reservation(SMALL_BODY_BYTES + 1) as medium:
            medium.grow_to(1)


def test_a_body_moves_to_the_pool_of_its_size() -> None:
    memory = BodyMemory(LIMITS)
    with memory.reservation() as growing:
        growing.arrives(lambda: None)
        for size in (SMALL_BODY_BYTES, MEDIUM_BODY_BYTES, LARGE):
            growing.grow_to(size)
            assert memory.held == size
            assert memory.pool_for(size).held == size
            assert growing in memory.pool_for(size).arriving


def test_the_slowest_body_makes_room() -> None:
    clock, given_up = Clock(), []
    memory = BodyMemory(LIMITS, clock=clock)
    with ExitStack() as held:
        for name, size in (("slow", LARGE), ("fast", MIB), ("fastest", 2 * MIB - LARGE)):
            body = held.enter_context(memory.reservation(MIB))
            body.arrives(lambda name=name: given_up.append(name))
            body.grow_to(size)
        clock.now += GRACE_S
        with memory.reservation(MIB) as new:
            new.grow_to(LARGE)
            assert given_up == ["slow"]
            new.grow_to(LARGE + 1)
            assert given_up == ["slow", "fast"]
        assert memory.held == 2 * MIB - LARGE


@pytest.mark.parametrize("state", ["complete", "just begun"])
def test_neither_a_complete_body_nor_one_that_has_just_begun_makes_room(state: str) -> None:
    clock, given_up = Clock(), []
    memory = BodyMemory(LIMITS, clock=clock)
    with memory.reservation(MIB) as body, memory.reservation(MIB) as other:
        body.arrives(lambda: given_up.append(body))
        body.grow_to(3 * MIB)
        if state == "complete":
            clock.now += 10
            body.is_complete()
        with pytest.raises(OverloadedError):
            other.grow_to(1)
    assert given_up == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["grow", "arrive", "complete", "end", "wait"]),
            st.integers(0, 2 * MIB),
        )
    )
)
def test_no_sum_is_exceeded_and_everything_is_freed(steps: list[tuple[int, str, int]]) -> None:
    clock = Clock()
    memory = BodyMemory(LIMITS, clock=clock)
    reservations = [memory.reservation() for _ in range(4)]
    for which, step, size in steps:
        one = reservations[which]
        if step == "grow" and not one.is_given_up:
            with suppress(OverloadedError):
                one.grow_to(size)
        elif step == "arrive" and not one.is_given_up:
            one.arrives(lambda: None)
        elif step == "complete":
            one.is_complete()
        elif step == "end":
            one.__exit__(None, None, None)
            reservations[which] = memory.reservation(size)
        else:
            clock.now += 0.1
        for pool in map(memory.pool_for, (1, MEDIUM_BODY_BYTES, MIB)):
            assert 0 <= pool.held <= pool.limit
    for reservation in reservations:
        reservation.__exit__(None, None, None)
    assert memory.held == 0
    assert not any(memory.pool_for(n).arriving for n in (1, MEDIUM_BODY_BYTES, MIB))
