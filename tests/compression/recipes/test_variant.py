"""`[[variant]]`: its own fields and the method's settings."""

import pytest
from pydantic import ValidationError

from compression.methods.post_training.fp32 import Fp32
from compression.methods.post_training.int8_static import Int8Static
from compression.recipes.variant import Variant
from compression.tuning.settings import AbstentionSettings


def test_other_fields_are_the_methods_settings() -> None:
    variant = Variant.model_validate(
        {"name": "small", "base": "b", "method": "int8-static", "activations": "percentile"}
    )
    assert variant.method == Int8Static(activations="percentile")
    assert (variant.base, variant.vocabulary, variant.fold) == ("b", "plain", False)


def test_a_decision_is_not_a_setting_of_the_method() -> None:
    table = {"calibrate": True, "decision": "single-label", "abstention": {"coverage": 0.8}}
    variant = Variant.model_validate({"name": "a", "method": "fp32", **table})
    assert (variant.calibrate, variant.decision) == (True, "single-label")
    assert variant.abstention == AbstentionSettings(coverage=0.8)
    assert variant.method == Fp32()


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (
            {"name": "a", "method": "fp31"},
            "unknown method 'fp31'; known: fp32, .*did you mean 'fp32'",
        ),
        ({"name": "a"}, "needs a `method`, one of: fp32, "),
        ({"name": "a", "method": 3}, "needs a `method`"),
        ({"name": "a", "method": "int8-static", "activations": "guess"}, "activations"),
        ({"name": "a", "method": "fp32", "bits": 3}, "bits"),
        ({"name": "a b", "method": "fp32"}, "name"),
        ({"name": "a", "method": "fp32", "calibrate": "yes"}, "calibrate"),
        ({"name": "a", "method": "fp32", "decision": "argmax"}, "'multi-label' or 'single-label'"),
    ],
)
def test_wrong_fields_are_named(table: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Variant.model_validate(table)
