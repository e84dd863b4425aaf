"""Typed tables of spreadsheets."""
