"""The calls of the API: the route table, and what reads it."""
