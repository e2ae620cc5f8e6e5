"""Evaluation of variant files: scores -> statistics -> results -> report."""
