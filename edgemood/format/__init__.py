"""The variant file: the container (bytes), the manifest (JSON) and the artifact (meaning)."""
