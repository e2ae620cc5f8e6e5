"""Settings from the environment, each with a default that works, all checked at the start."""

import os
import re
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import VARIANT_NAME

LogFormat = Literal["json", "text"]
RECEIPT_KEY = "EMOTION_RECEIPT_KEY"
_SHIPPED = Path(__file__).resolve().parent.parent / "variants"


class SettingsError(Exception):
    """A variable of the environment has a value that cannot be used; the message names it."""


class Settings(BaseModel):
    """Field -> variable of the environment, by its alias."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    host: Annotated[str, Field(alias="EMOTION_HOST", min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(alias="PORT", ge=1, le=65535)] = 3000
    workers: Annotated[int, Field(alias="EMOTION_WORKERS", ge=1, le=256)] = 1
    variants: Annotated[Path, Field(alias="EMOTION_VARIANTS")] = _SHIPPED
    """Folder of variant files."""
    state: Annotated[Path, Field(alias="EMOTION_STATE")] = Path("state")
    """Folder of the routing policy; made when a policy is first written."""
    admin_token: Annotated[SecretStr | None, Field(alias="EMOTION_ADMIN_TOKEN")] = None
    """Admin calls are off while this is unset."""
    receipt_key: Annotated[
        SecretStr,
        Field(alias=RECEIPT_KEY, min_length=16, default_factory=lambda: SecretStr(token_hex(32))),
    ]
    """Signs receipts; workers and replicas that share it know each other's."""
    log: Annotated[LogFormat, Field(alias="EMOTION_LOG")] = "json"
    """How log lines look."""
    max_concurrency: Annotated[int, Field(alias="EMOTION_MAX_CONCURRENCY", ge=1)] = 64
    """Requests that one worker holds at once; more get 429."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the variables; an empty one counts as unset.

        Raises:
            SettingsError: one cannot be used.
        """
        aliases = [field.alias for field in cls.model_fields.values() if field.alias]
        given = {name: environment[name] for name in aliases if environment.get(name)}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            raise SettingsError(f"{first['loc'][0]}: {first['msg']}") from None
        if not settings.variants.is_dir():
            raise SettingsError(f"EMOTION_VARIANTS: no folder {settings.variants}")
        names = [path.stem for path in settings.variants.glob(f"*{SUFFIX}")]
        if not any(re.fullmatch(VARIANT_NAME, name) for name in names):
            raise SettingsError(
                f"EMOTION_VARIANTS: no file NAME{SUFFIX} in {settings.variants} whose name is one,"
                f" like fp32 or apot-kd"
            )
        return settings

    @field_validator("receipt_key")
    @classmethod
    def _key_is_text(cls, key: SecretStr) -> SecretStr:
        try:
            key.get_secret_value().encode()
        except UnicodeEncodeError:
            raise ValueError("must be UTF-8") from None
        return key

    @field_validator("admin_token")
    @classmethod
    def _token_can_be_sent(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        text = token.get_secret_value().strip()  # a secret read from a file ends with a line break
        if not text or not text.isascii() or not text.isprintable():
            raise ValueError("must be printable ASCII")
        return SecretStr(text)

    @field_validator("host")
    @classmethod
    def _host_is_an_address(cls, host: str) -> str:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))

    @property
    def bentoml_home(self) -> Path:
        """A folder for BentoML's own files, which it wipes at each start: one for each port."""
        return Path(tempfile.gettempdir()) / f"edgemood-{os.getuid()}-{self.port}"
