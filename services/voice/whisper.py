"""Whisper by faster-whisper (CTranslate2), in the child process."""

from __future__ import annotations

import logging
import os

from core.errors import BadInput, Unavailable
from services.voice.sound import Samples
from services.voice.weights import Weights

ENGLISH_ONLY = "The speech model here understands English only. Speak English, or type."
UNUSABLE = "The speech model %(model)s cannot be loaded. An administrator finds the reason in the log."
_LOOPS = 2.4  # how far a text must shrink when it is compressed to count as repeating itself; Whisper's own figure

log = logging.getLogger(__name__)


class Whisper:
    def __init__(self, weights: Weights) -> None:
        """Loads the model, on the graphics card where there is one. Raises Unavailable."""
        weights.check()
        # Read when the library is first imported: a model in a folder never asks the network for anything.
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        if not weights.named:
            os.environ["HF_HUB_OFFLINE"] = "1"
        from faster_whisper import WhisperModel

        on_card = has_card()
        device, precision = ("cuda", "auto") if on_card else ("cpu", "int8")
        try:
            self._model = WhisperModel(
                _fetched(weights), device=device, compute_type=precision, cpu_threads=os.cpu_count() or 1
            )
        except Exception as error:  # CTranslate2 and the hub raise whatever they like
            log.warning("The speech model %s cannot be loaded: %s", weights.where, error)
            raise Unavailable(UNUSABLE, model=weights.where) from error

    def write_down(self, samples: Samples, language: str | None) -> tuple[str, str]:
        """The text and the code of its language; None leaves it to the model to tell which."""
        if language not in (None, *self._model.supported_languages):
            raise BadInput(ENGLISH_ONLY)
        segments, info = self._model.transcribe(
            samples, language=language, vad_filter=True, condition_on_previous_text=False
        )
        # The library itself drops what it takes for no speech; a text that repeats itself was made up as well.
        said = [segment.text.strip() for segment in segments if segment.compression_ratio <= _LOOPS]
        return " ".join(text for text in said if text), info.language


def has_card() -> bool:
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count() > 0)


def _fetched(weights: Weights) -> str:
    """The folder of the model; one that is named is fetched only where it is not there yet."""
    if not weights.named:
        return weights.where
    from faster_whisper.utils import download_model

    try:
        return str(download_model(weights.where, local_files_only=True, cache_dir=str(weights.models)))
    except (OSError, ValueError):  # what the hub raises for what is not there
        return str(download_model(weights.where, cache_dir=str(weights.models)))
