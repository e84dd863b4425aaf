"""The playground on screen."""
