from pathlib import Path

import pytest

from compression.errors import TeacherError
from compression.settings import (
    TransformerSettings,
)
from compression.teachers.pretrained import check_weights, locate
from edgemood.format.file import file_sha256


def test_a_folder_is_its_own_location(source: Path, settings: TransformerSettings) -> None:
    assert locate(settings, teacher="t") == source


def test_a_hub_name_without_network_is_an_error(
    settings: TransformerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def offline(*_: object, **__: object) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    remote = settings.model_copy(update={"model": "missing/model"})
    with pytest.raises(TeacherError, match=r"missing/model.*no route"):
        locate(remote, teacher="t")


def test_weights_must_have_the_digest_of_the_settings(
    source: Path, settings: TransformerSettings
) -> None:
    own = file_sha256(source / "model.safetensors")
    for digest in (None, own):
        check_weights(source, settings.model_copy(update={"sha256": digest}), teacher="t")
    wrong = settings.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(TeacherError, match="0" * 64):
        check_weights(source, wrong, teacher="t")
