"""System health on screen."""
