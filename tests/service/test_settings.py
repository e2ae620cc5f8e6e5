"""Settings: defaults, values, refusals."""

from pathlib import Path

import pytest

from service.settings import API_SEGMENTS, Settings, SettingsError


def test_every_setting_has_a_default() -> None:
    settings = Settings.from_environment({})
    assert settings.port == 3000
    assert settings.host == "127.0.0.1"
    assert settings.workers == 1
    assert settings.admin_token is None
    assert settings.variants.name == "variants"


def test_settings_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").touch()
    settings = Settings.from_environment(
        {
            "PORT": "8080",
            "EMOTION_HOST": "0.0.0.0",
            "EMOTION_WORKERS": "4",
            "EMOTION_VARIANTS": str(tmp_path),
            "EMOTION_STATE": str(tmp_path / "state"),
            "EMOTION_ADMIN_TOKEN": "secret of 16 let",
            "EMOTION_MAX_CONCURRENCY": "9",
        }
    )
    assert (settings.port, settings.workers, settings.limits.max_concurrency) == (8080, 4, 9)
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
        ("EMOTION_ADMIN_TOKEN", "fifteen letters"),
        ("EMOTION_RECEIPT_KEY", "too short"),
        ("EMOTION_RECEIPT_KEY", "\udcff" * 16),
        ("EMOTION_LOG", "xml"),
        ("EMOTION_CORS_ORIGINS", "app.example.com"),
        ("EMOTION_CORS_ORIGINS", "https://app.example.com/"),
        ("EMOTION_CORS_ORIGINS", "https://app.example.com/path"),
        ("EMOTION_CORS_ORIGINS", "https://*.example.com"),
        ("EMOTION_CORS_ORIGINS", "https://app.example.com:443"),
        ("EMOTION_CORS_ORIGINS", "http://app.example.com:80"),
        ("EMOTION_CORS_ORIGINS", "https://user@app.example.com"),
        ("EMOTION_CORS_ORIGINS", "* https://app.example.com"),
        ("EMOTION_CORS_ORIGINS", "null"),
        ("EMOTION_ROOT_PATH", "emotion"),
        ("EMOTION_ROOT_PATH", "/a//b"),
        ("EMOTION_ROOT_PATH", "/a/../b"),
        ("EMOTION_ROOT_PATH", "/a b"),
        ("EMOTION_ROOT_PATH", "/variants"),
        ("EMOTION_ROOT_PATH", "/docs.json/"),
    ],
)
def test_an_invalid_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: "):
        Settings.from_environment({name: value})


def test_each_start_has_its_own_receipt_key_unless_one_is_set() -> None:
    one, other = Settings.from_environment({}), Settings.from_environment({})
    assert one.receipt_key != other.receipt_key
    fixed = Settings.from_environment({"EMOTION_RECEIPT_KEY": "sixteen letters!"})
    assert fixed.receipt_key.get_secret_value() == "sixteen letters!"
    assert "sixteen" not in repr(fixed)


def test_an_empty_variable_counts_as_unset() -> None:
    settings = Settings.from_environment({"EMOTION_ADMIN_TOKEN": "", "PORT": ""})
    assert settings.admin_token is None
    assert settings.port == 3000


def test_a_folder_without_a_valid_variant_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "My Model.safetensors").touch()
    with pytest.raises(SettingsError, match=r"^EMOTION_VARIANTS: "):
        Settings.from_environment({"EMOTION_VARIANTS": str(tmp_path)})


def test_a_token_may_end_with_a_line_break() -> None:
    settings = Settings.from_environment({"EMOTION_ADMIN_TOKEN": "secret of 16 let\n"})
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "secret of 16 let"


@pytest.mark.parametrize(
    ("value", "host"), [("localhost", "127.0.0.1"), ("::", "::"), ("0:0::1", "::1")]
)
def test_a_host_is_an_ip_address_or_localhost(value: str, host: str) -> None:
    assert Settings.from_environment({"EMOTION_HOST": value}).host == host


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_log_formats(log_format: str) -> None:
    assert Settings.from_environment({"EMOTION_LOG": log_format}).log == log_format


def test_other_variables_are_ignored() -> None:
    assert Settings.from_environment({"port": "1", "EMOTION_OTHER": "x", "HOME": "/"}).port == 3000


def test_servers_on_different_ports_have_different_bentoml_homes() -> None:
    homes = {Settings.from_environment({"PORT": port}).bentoml_home for port in ("3000", "3001")}
    assert len(homes) == 2


def test_origins_are_a_list() -> None:
    given = "https://App.example.com, http://localhost:8080 http://[::1]:3000,capacitor://localhost"
    assert Settings.from_environment({"EMOTION_CORS_ORIGINS": given}).cors_origins == {
        "https://app.example.com",
        "http://localhost:8080",
        "http://[::1]:3000",
        "capacitor://localhost",
    }
    assert Settings.from_environment({"EMOTION_CORS_ORIGINS": " * "}).cors_origins == {"*"}
    assert Settings.from_environment({}).cors_origins == set()


@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ("/emotion", "/emotion"),
        ("/emotion/", "/emotion"),
        ("/a/b-c/v1.2", "/a/b-c/v1.2"),
        ("/", ""),
    ],
)
def test_a_prefix_has_no_final_slash(given: str, prefix: str) -> None:
    assert Settings.from_environment({"EMOTION_ROOT_PATH": given}).root_path == prefix


def test_no_prefix_may_hide_a_path_of_the_api() -> None:
    from service.http.api.routes import ROUTES

    assert {route.path.split("/")[1] for route in ROUTES} - {""} == API_SEGMENTS
