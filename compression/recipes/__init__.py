"""Recipes: TOML files that describe variants, and the code that builds them."""
