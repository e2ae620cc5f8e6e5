"""Attacks on a running service of one's own, the memory limit they meet, and what others notice."""
