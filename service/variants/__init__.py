"""Variant files: found, loaded, unloaded."""
