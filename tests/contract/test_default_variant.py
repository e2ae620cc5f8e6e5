"""The variant inside the package is a copy of the shipped one, and the default of both packages."""

from pathlib import Path

from edgemood.classifier import DEFAULT_VARIANT
from service.routing.policy import default_policy

VARIANTS = Path(__file__).parents[2] / "variants"


def test_the_default_is_the_shipped_file_byte_for_byte() -> None:
    assert DEFAULT_VARIANT.read_bytes() == (VARIANTS / DEFAULT_VARIANT.name).read_bytes()


def test_the_service_sends_all_requests_to_it_by_default() -> None:
    shipped = frozenset(path.stem for path in VARIANTS.glob("*.safetensors"))
    assert set(default_policy(shipped).split) == {DEFAULT_VARIANT.stem}
