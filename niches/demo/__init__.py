"""The demo set of business niches: a catalogue of made-up but plausible traits and what is generated from it."""
