"""Recipes: TOML files that say what to build, and the code that builds it."""
