"""Routing: the policy, its file, and the assignment of keys to variants."""
