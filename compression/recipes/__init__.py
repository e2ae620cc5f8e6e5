"""Recipes: what to build, as TOML files, and the code that builds it."""
