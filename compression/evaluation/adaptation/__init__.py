"""How much a variant gains on other texts by `edgemood adapt`."""
