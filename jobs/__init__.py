"""Durable background work on procrastinate: a job is the name of a task and ids."""
