"""Sources of documents on screen."""
