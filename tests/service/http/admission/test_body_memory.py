"""Memory of bodies: what is reserved, refused and freed."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import OverloadedError
from service.http.admission.body_memory import BodyMemory
from service.limits import MIB, SMALL_BODY_BYTES, Limits

LIMITS = Limits(
    large_slots=1,
    max_body_bytes_in_flight=MIB,
    max_connections=8,
    small_body_reserve=8 * SMALL_BODY_BYTES,
)


def test_large_bodies_are_refused_beyond_their_sum_and_small_ones_are_not() -> None:
    memory = BodyMemory(LIMITS)
    with memory.reservation() as one, memory.reservation() as other:
        one.grow_to(MIB - SMALL_BODY_BYTES - 1)
        other.grow_to(SMALL_BODY_BYTES + 1)
        assert memory.held == MIB
        with memory.reservation() as third, pytest.raises(OverloadedError):
            third.grow_to(SMALL_BODY_BYTES + 1)
        with memory.reservation() as small:
            small.grow_to(SMALL_BODY_BYTES)
    with memory.reservation() as again:
        again.grow_to(MIB)


def test_small_bodies_are_refused_beyond_their_reserve_and_large_ones_are_not() -> None:
    memory = BodyMemory(LIMITS)
    with ExitStack() as held:
        for _ in range(8):
            held.enter_context(memory.reservation()).grow_to(SMALL_BODY_BYTES)
        with memory.reservation() as ninth, pytest.raises(OverloadedError):
            ninth.grow_to(1)
        with memory.reservation() as large:
            large.grow_to(MIB)


def test_a_body_that_becomes_large_frees_its_part_of_the_reserve() -> None:
    memory = BodyMemory(LIMITS)
    with memory.reservation() as growing, memory.reservation() as one, memory.reservation() as two:
        growing.grow_to(SMALL_BODY_BYTES)
        growing.grow_to(SMALL_BODY_BYTES + 1)
        one.grow_to(SMALL_BODY_BYTES)
        two.grow_to(SMALL_BODY_BYTES)
        assert memory.held == 3 * SMALL_BODY_BYTES + 1
        assert memory._small.held == 2 * SMALL_BODY_BYTES


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 2 * SMALL_BODY_BYTES))))
def test_no_sum_is_exceeded_and_everything_is_freed(
    steps: list[tuple[int, bool, int]],
) -> None:
    limits = LIMITS.model_copy(update={"max_body_bytes_in_flight": 4 * SMALL_BODY_BYTES})
    memory = BodyMemory(limits)
    reservations = [memory.reservation() for _ in range(4)]
    for which, ends, size in steps:
        if ends:
            reservations[which].__exit__(None, None, None)
            reservations[which] = memory.reservation()
        else:
            with suppress(OverloadedError):
                reservations[which].grow_to(size)
        assert 0 <= memory.held <= limits.max_body_bytes_in_flight + limits.small_body_reserve
    for reservation in reservations:
        reservation.__exit__(None, None, None)
    assert memory.held == 0
