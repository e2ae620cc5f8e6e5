"""The variant file: container, manifest, artifact."""
