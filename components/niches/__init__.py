"""Niche analytics on screen."""
