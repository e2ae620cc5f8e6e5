from pathlib import Path

import pytest

from service.settings import Settings, SettingsError


def test_defaults_work() -> None:
    settings = Settings.from_environment({})
    assert settings.port == 3000
    assert settings.host == "127.0.0.1"
    assert settings.workers == 1
    assert settings.admin_token is None
    assert settings.variants.name == "variants"


def test_everything_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").touch()
    settings = Settings.from_environment(
        {
            "PORT": "8080",
            "EMOTION_HOST": "0.0.0.0",
            "EMOTION_WORKERS": "4",
            "EMOTION_VARIANTS": str(tmp_path),
            "EMOTION_STATE": str(tmp_path / "state"),
            "EMOTION_ADMIN_TOKEN": "secret",
            "EMOTION_MAX_CONCURRENCY": "9",
        }
    )
    assert (settings.port, settings.workers, settings.max_concurrency) == (8080, 4, 9)
    assert settings.admin_token is not None
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("EMOTION_WORKERS", "-1"),
        ("EMOTION_WORKERS", "1.5"),
        ("EMOTION_VARIANTS", "/nowhere/at/all"),
        ("EMOTION_MAX_CONCURRENCY", "none"),
        ("EMOTION_VARIANTS", "tests"),
        ("EMOTION_HOST", "999.1.1.1"),
        ("EMOTION_ADMIN_TOKEN", "\udcff"),
        ("EMOTION_ADMIN_TOKEN", "  "),
        ("EMOTION_RECEIPT_KEY", "too short"),
        ("EMOTION_RECEIPT_KEY", "\udcff" * 16),
        ("EMOTION_LOG", "xml"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: "):
        Settings.from_environment({name: value})


def test_a_receipt_key_is_made_up_where_none_is_given_and_never_shown() -> None:
    one, other = Settings.from_environment({}), Settings.from_environment({})
    assert one.receipt_key != other.receipt_key
    given = Settings.from_environment({"EMOTION_RECEIPT_KEY": "sixteen letters!"})
    assert given.receipt_key.get_secret_value() == "sixteen letters!"
    assert "sixteen" not in repr(given)


def test_empty_means_unset() -> None:
    settings = Settings.from_environment({"EMOTION_ADMIN_TOKEN": "", "PORT": ""})
    assert settings.admin_token is None
    assert settings.port == 3000


def test_a_folder_without_a_fit_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "My Model.safetensors").touch()
    with pytest.raises(SettingsError, match=r"^EMOTION_VARIANTS: no file NAME\.safetensors"):
        Settings.from_environment({"EMOTION_VARIANTS": str(tmp_path)})


def test_a_token_from_a_file_may_end_with_a_line_break() -> None:
    settings = Settings.from_environment({"EMOTION_ADMIN_TOKEN": "secret\n"})
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "secret"
