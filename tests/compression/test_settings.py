"""Settings of bases and teachers: keys, changes of fields, and validation."""

import pytest
from pydantic import ValidationError

from compression.settings import BaseSettings, TransformerSettings

TAUGHT = {"distillation": {"teacher": "t"}}


def test_the_key_depends_on_every_setting_and_on_the_data() -> None:
    settings = BaseSettings()
    keys = {
        settings.key("data"),
        settings.key("other data"),
        BaseSettings(seed=1).key("data"),
        BaseSettings.model_validate({"model": {"architecture": "gru"}}).key("data"),
        BaseSettings.model_validate({"training": {"epochs": 11}}).key("data"),
        BaseSettings.model_validate(TAUGHT).key("data"),
    }
    assert len(keys) == 6
    assert BaseSettings().key("data") == settings.key("data")


def test_keys_of_stored_checkpoints_stay_valid() -> None:
    """A changed key would train every stored base again."""
    assert BaseSettings().key("data") == "13eccbcdaa53267e"
    gru = BaseSettings.model_validate({"model": {"architecture": "gru"}, **TAUGHT})
    assert gru.key("data") == "48e5de3f911c9e66"


def test_fields_are_changed_by_path() -> None:
    changed = BaseSettings.model_validate(TAUGHT).with_fields(
        {"model.dim": 7, "distillation.weight": 0.5, "seed": 3}
    )
    assert changed.distillation is not None
    assert (changed.model.dim, changed.distillation.weight, changed.seed) == (7, 0.5, 3)


@pytest.mark.parametrize("path", ["model.none", "none", "seed.x", "distillation.weight", "x.y"])
def test_unknown_fields_are_named(path: str) -> None:
    with pytest.raises(ValueError, match=path):
        BaseSettings().with_fields({path: 1})


def test_augmented_texts_need_a_teacher() -> None:
    with pytest.raises(ValidationError, match="distillation"):
        BaseSettings.model_validate({"augmentation": {}})
    BaseSettings.model_validate({"augmentation": {}, **TAUGHT})


def test_a_fine_tuning_has_one_of_the_seeds() -> None:
    settings = TransformerSettings(model="m", seeds=(3, 4), epochs=5)
    member = settings.with_seed(4)
    assert (member.seed, member.seeds, member.epochs) == (4, (), 5)
