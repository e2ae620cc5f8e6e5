"""The Pareto front: by hand, and against the definition of dominance."""

from hypothesis import given
from hypothesis import strategies as st

from compression.metrics.pareto import pareto_front


def test_by_hand() -> None:
    assert pareto_front([(100, 0.5), (90, 0.6), (200, 0.7), (80, 0.1)]) == [3, 1, 2]
    assert pareto_front([(1, 1), (1, 1)]) == [0]
    assert pareto_front([]) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_the_front_has_the_points_that_none_dominates(points: list[tuple[int, int]]) -> None:
    def dominated(point: tuple[int, int]) -> bool:
        return any(
            other != point and other[0] <= point[0] and other[1] >= point[1] for other in points
        )

    front = [points[i] for i in pareto_front(points)]
    assert front == sorted(front)
    assert set(front) == {point for point in points if not dominated(point)}
