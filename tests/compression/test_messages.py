"""Parts of error messages."""

from compression.messages import listed, shown, suggestion


def test_long_values_are_cut() -> None:
    assert shown("joy") == "'joy'"
    assert shown("x" * 1000) == f"'{'x' * 39}…"


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(i) for i in range(23)]).endswith("18, 19 and 3 more")
    assert len(listed(["x" * 1000])) < 50
    assert "\n" not in listed(["a\nb"])


def test_the_nearest_name_is_suggested() -> None:
    assert suggestion("sede", ["model", "seed"]) == "; did you mean 'seed'?"
    assert suggestion("LABELS", ["text", "labels"]) == "; did you mean 'labels'?"
    assert suggestion("xyz", ["model", "seed"]) == ""
