"""Niche analytics: import, the catalogue, questions, exports."""
