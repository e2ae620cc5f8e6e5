"""Training: base classifiers, distillation, co-training, and initial word vectors."""
