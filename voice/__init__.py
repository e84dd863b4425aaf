"""Voice: the Gradio screen at `PATH` and the door that leads to it."""

PATH = "/voice"
