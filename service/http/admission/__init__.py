"""Admits requests: body, token and a place among the work, before anything is spent on them."""
