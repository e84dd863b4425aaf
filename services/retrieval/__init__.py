"""Search, and the proof of how good it is: golden sets, evaluation, the lab."""
