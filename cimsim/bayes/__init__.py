"""Uncertainty of predictions: what passes disagree on, what lies outside the training data, whom to trust."""
