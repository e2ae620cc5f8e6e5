"""Variants as `GET /variants` describes them."""

from service.schemas import VariantInfo
from service.variants.variant import Variant


def describe(variant: Variant) -> VariantInfo:
    """State, sizes, quality and manifest of a variant."""
    if variant.classifier is None:
        return VariantInfo(
            name=variant.name,
            state=variant.state,
            problem=variant.problem,
            file_bytes=variant.file_bytes,
        )
    manifest = variant.classifier.artifact.manifest
    return VariantInfo(
        name=variant.name,
        state="loaded",
        file_bytes=variant.file_bytes,
        resident_bytes=variant.classifier.resident_bytes,
        sha256=variant.sha256,
        metrics=manifest.metrics,
        manifest=manifest.model_dump(mode="json", exclude={"metrics"}),
    )
