"""Typed tables of spreadsheets on screen."""
