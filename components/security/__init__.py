"""Guardrails and limits on screen."""
