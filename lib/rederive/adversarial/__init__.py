"""Adversarial models: exact games on tables, losses and small networks."""
