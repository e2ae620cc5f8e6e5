"""Settings from the environment. Each has a working default; all are checked at the start."""

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from edgemood.format.artifact import SUFFIX
from edgemood.format.manifest import VARIANT_NAME
from service.limits import Limits

LogFormat = Literal["json", "text"]
RECEIPT_KEY = "EMOTION_RECEIPT_KEY"
MIN_TOKEN_CHARACTERS = 16
API_SEGMENTS = frozenset(
    {
        *("classify", "compare", "feedback", "variants", "routing", "static", "metrics"),
        *("livez", "readyz", "healthz", "docs.json", "schema.json"),
    }
)
"""First segments of the paths of the API, which a prefix must not begin with."""
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_ROOT_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_SHIPPED_VARIANTS = Path(__file__).resolve().parent.parent / "variants"


class SettingsError(Exception):
    """An environment variable has an invalid value; the message begins with its name."""


class Settings(BaseModel):
    """All settings. The alias of a field is its environment variable."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    host: Annotated[str, Field(alias="EMOTION_HOST", min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(alias="PORT", ge=1, le=65535)] = 3000
    workers: Annotated[int, Field(alias="EMOTION_WORKERS", ge=1, le=256)] = 1
    variants: Annotated[Path, Field(alias="EMOTION_VARIANTS")] = _SHIPPED_VARIANTS
    """Folder of variant files."""
    state: Annotated[Path, Field(alias="EMOTION_STATE")] = Path("state")
    """Folder of the routing policy, the unloaded variants and the judged answers; created at the
    first change."""
    admin_token: Annotated[SecretStr | None, Field(alias="EMOTION_ADMIN_TOKEN")] = None
    """Admin calls are refused if this is None."""
    receipt_key: Annotated[
        SecretStr,
        Field(alias=RECEIPT_KEY, min_length=16, default_factory=lambda: SecretStr(token_hex(32))),
    ]
    """Signs receipts; workers and replicas with the same key accept each other's."""
    feedback_pairs: Annotated[int, Field(alias="EMOTION_FEEDBACK_PAIRS", ge=0, le=1_000_000)] = (
        10_000
    )
    """Judged answers that are kept of each variant file, without their texts; 0 for none."""
    log: Annotated[LogFormat, Field(alias="EMOTION_LOG")] = "json"
    """Format of log lines."""
    cors_origins: Annotated[frozenset[str], Field(alias="EMOTION_CORS_ORIGINS")] = frozenset()
    """Origins whose pages may call the API from a browser; `*` alone for any."""
    root_path: Annotated[str, Field(alias="EMOTION_ROOT_PATH")] = ""
    """The prefix of all paths behind a proxy, without a final slash."""
    limits: Limits = Limits()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read and check the variables; an empty variable counts as unset.

        Raises:
            SettingsError: a variable is invalid, or the variants folder holds no variant.
        """
        aliases = [field.alias for field in cls.model_fields.values() if field.alias]
        values = {name: environment[name] for name in aliases if environment.get(name)}
        try:
            limits = Limits.from_environment(environment)
            settings = cls.model_validate(values | {"limits": limits})
        except ValidationError as error:
            raise SettingsError(_first_problem(error)) from None
        _check_variants(settings.variants)
        return settings

    @field_validator("receipt_key")
    @classmethod
    def _encodes_as_utf8(cls, key: SecretStr) -> SecretStr:
        try:
            key.get_secret_value().encode()
        except UnicodeEncodeError:
            raise ValueError("must be UTF-8") from None
        return key

    @field_validator("admin_token")
    @classmethod
    def _fits_in_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        text = token.get_secret_value().strip()  # a file of a secret often ends with a line break
        if not text or not text.isascii() or not text.isprintable():
            raise ValueError("must be printable ASCII")
        if len(text) < MIN_TOKEN_CHARACTERS:
            raise ValueError(f"must have at least {MIN_TOKEN_CHARACTERS} characters")
        return SecretStr(text)

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, host: str) -> str:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _are_origins(cls, value: str | Iterable[str]) -> frozenset[str]:
        given = value.replace(",", " ").split() if isinstance(value, str) else value
        origins = frozenset(str(origin).lower() for origin in given)
        if wrong := sorted(origin for origin in origins if not _is_origin(origin)):
            raise ValueError(
                f"{wrong[0]} is no origin; give a list like https://app.example.com,"
                "http://localhost:8080, without paths and default ports, or * alone"
            )
        if "*" in origins and len(origins) > 1:
            raise ValueError("* stands alone; it allows every origin")
        return origins

    @field_validator("root_path")
    @classmethod
    def _is_a_prefix(cls, value: str) -> str:
        prefix = value.rstrip("/")
        if not _ROOT_PATH.fullmatch(prefix):
            raise ValueError("must be a path like /emotion, of letters, digits, - and _")
        first = prefix.removeprefix("/").partition("/")[0]
        if first in API_SEGMENTS:
            raise ValueError(f"must not begin with /{first}, a path of the API")
        return prefix

    @property
    def bentoml_home(self) -> Path:
        """Folder for BentoML's files and for the metrics of several workers; a port has its own."""
        parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        return parent / f"edgemood-{os.getuid()}-{self.port}"


def _is_origin(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    is_default = (scheme, rest.rpartition(":")[2]) in {("http", "80"), ("https", "443")}
    return text == "*" or (_ORIGIN.fullmatch(text) is not None and not is_default)


def _first_problem(error: ValidationError) -> str:
    """The first problem, after the name of its variable."""
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    return f"{first['loc'][0]}: {message}" if first["loc"] else message


def _check_variants(folder: Path) -> None:
    if not folder.is_dir():
        raise SettingsError(f"EMOTION_VARIANTS: no folder {folder}")
    names = [path.stem for path in folder.glob(f"*{SUFFIX}")]
    if not any(re.fullmatch(VARIANT_NAME, name) for name in names):
        raise SettingsError(
            f"EMOTION_VARIANTS: no file in {folder} is named like a variant, such as fp32{SUFFIX}"
        )
