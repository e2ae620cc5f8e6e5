"""Transformers as teachers: fine-tuning, ensembles, cached outputs."""
