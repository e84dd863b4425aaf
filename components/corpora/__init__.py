"""The page Corpora: its tabs and their parts."""
