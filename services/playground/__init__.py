"""Configurations side by side: experiments, sweeps, export."""
