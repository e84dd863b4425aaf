"""The assistant on screen: turns, citations, the list of conversations."""
