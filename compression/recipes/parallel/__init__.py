"""Builds in several processes: bases that do not need each other are trained at the same time."""
