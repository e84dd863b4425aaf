"""The colours of the rest of the product, light and dark."""

from __future__ import annotations

import gradio as gr

CSS = """
.main.app { padding: 1rem clamp(0.5rem, 2.5vw, 2rem) !important; }
.main.app .column { gap: 0.6rem; }
#status { min-height: 1.5rem !important; }
#status p, #notice p { margin: 0; font-size: 0.9rem; }
#notice { padding: 0.6rem 0.9rem; border-radius: 0.625rem; background: var(--background-fill-secondary); }
#recording .icon-wrap { display: none; }
#recording .wrap { min-height: 0 !important; padding: 0.6rem 0; }
#recording .audio-container { height: auto !important; }
#recording [aria-dropeffect], #recording .boundedheight { max-height: 9rem; }
#buttons { align-items: center; gap: 0.5rem 1rem; }
#buttons > * { flex: 0 1 auto; min-width: 0 !important; width: auto; }
#buttons :is(label, .block) { border: 0; padding: 0; background: none; box-shadow: none; }
#buttons #language .wrap { gap: 0.9rem; }
#buttons button { min-height: 2.25rem; padding: 0 0.9rem; }
"""


def theme() -> gr.themes.Base:
    # System fonts: the themes' own are fetched from another origin.
    fonts, mono = ("system-ui", "sans-serif"), ("ui-monospace", "monospace")
    base = gr.themes.Base(primary_hue="teal", neutral_hue="slate", radius_size="md", font=fonts, font_mono=mono)
    return base.set(
        body_background_fill="#ffffff", body_background_fill_dark="#11191b",
        body_text_color="#1c2b2a", body_text_color_dark="#e3ebea",
        block_background_fill="#ffffff", block_background_fill_dark="#11191b",
        background_fill_secondary="#f3f6f5", background_fill_secondary_dark="#1a2426",
        border_color_primary="#d9e2e0", border_color_primary_dark="#2c393b",
        block_border_color="#d9e2e0", block_border_color_dark="#2c393b",
        input_background_fill="#f3f6f5", input_background_fill_dark="#1a2426",
        input_placeholder_color="#5c6b69", input_placeholder_color_dark="#9fb0ae",
        button_primary_background_fill="#0f766e", button_primary_background_fill_dark="#3fae9f",
        color_accent_soft="#e6f3f1", color_accent_soft_dark="#14322f",
    )  # fmt: skip
