"""From a TOML file to the fields of a recipe, and from its errors to sentences about them."""
