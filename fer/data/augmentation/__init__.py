"""Augmentation: variations of training faces that leave their expression as it is."""

from fer.data.augmentation.faces import STRENGTHS, Strength, augmented, mixed

__all__ = ["STRENGTHS", "Strength", "augmented", "mixed"]
