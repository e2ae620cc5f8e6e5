"""The files of a pre-trained transformer: in a folder, or from the Hugging Face hub."""

from pathlib import Path

from compression.errors import TeacherError
from compression.settings import TransformerSettings
from edgemood.format.file import file_sha256

MODEL_FILES = ("model.safetensors", "config.json", "tokenizer.json")
"""The files that decide how a transformer computes."""


def locate(settings: TransformerSettings, *, teacher: str) -> Path:
    """The folder of a pre-trained transformer; a hub name is downloaded first.

    Raises:
        TeacherError: the settings name neither a folder nor a model that the hub can deliver.
    """
    folder = Path(settings.model)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download  # noqa: PLC0415  # seconds to import

    try:
        files = [*MODEL_FILES, "*.json", "vocab.txt"]
        return Path(snapshot_download(settings.model, allow_patterns=files))
    except Exception as error:  # the hub's client and the network raise errors of many kinds
        problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        raise TeacherError(
            f"teacher {teacher}: {settings.model} is not a folder, and the hub did not deliver it"
            f" ({problem}); give a folder with --teacher DIR"
        ) from error


def check_weights(source: Path, settings: TransformerSettings, *, teacher: str) -> None:
    """Compare the weights with the settings' SHA-256, if they have one.

    Raises:
        TeacherError: the digests differ.
    """
    path, wanted = source / MODEL_FILES[0], settings.sha256
    if wanted and path.exists() and (found := file_sha256(path)) != wanted:
        raise TeacherError(
            f"teacher {teacher}: {path} has the SHA-256 {found}, but the recipe asks for"
            f" {wanted}; use other weights, or remove `sha256` from the recipe"
        )
