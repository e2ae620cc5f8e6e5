"""Texts made of templates and a lexicon of feelings, for a teacher to judge.

Comments on Reddit rarely contain *aghast* or *over the moon*, so a student of comments does not
learn these words. The texts put every word of the lexicon into sentences of many kinds: statements
and questions, negations, headlines, requests. They have no labels. The lexicon is a few TOML files
in `lexicon/`, written for this project.
"""

from compression.data.templates.generation import template_texts

__all__ = ["template_texts"]
