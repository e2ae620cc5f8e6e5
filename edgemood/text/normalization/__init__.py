"""Spellings that read the same become one spelling, before a text is split into tokens."""
