"""Variant files: found, loaded and unloaded at run time."""
