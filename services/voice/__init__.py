"""Speech: what was said becomes text, and answers become sound."""
