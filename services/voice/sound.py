"""Recordings as Whisper wants them: 16,000 samples a second, one channel, floats from -1 to 1.

For the child process alone: these are files from anywhere, and libraries in C read them.
"""

from __future__ import annotations

import io
import wave
from itertools import chain

import av
import numpy as np
from numpy.typing import NDArray

from core.errors import ParseFailed, TooLarge

RATE = 16_000
TOO_LONG = "The recording is longer than %(seconds)s s. Record less, or split it."
UNREADABLE = "The recording could not be read. Record it again, or use WAV, MP3, M4A, OGG, WebM or FLAC."
NO_SOUND = "There is no sound in this file. Use WAV, MP3, M4A, OGG, WebM or FLAC."
# Formats that hold their sound themselves: a playlist would name other files, or addresses, for FFmpeg to open.
_FORMATS = "wav,w64,aiff,mp3,aac,flac,ogg,mov,matroska,webm,amr,caf,asf"

Samples = NDArray[np.float32]


def decode(recording: bytes, most_seconds: int) -> Samples:
    """All of its sound; raises ParseFailed, and TooLarge as soon as it has gone on for longer than `most_seconds`."""
    parts: list[NDArray[np.int16]] = []
    size = 0
    try:
        with av.open(
            io.BytesIO(recording), mode="r", options={"format_whitelist": _FORMATS}, metadata_errors="ignore"
        ) as file:
            if not file.streams.audio:
                raise ParseFailed(NO_SOUND)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in chain(file.decode(audio=0), (None,)):  # None: what the resampler still holds
                for piece in resampler.resample(frame):
                    parts.append(piece.to_ndarray().reshape(-1).astype(np.int16, copy=False))
                    size += parts[-1].size
                if size > most_seconds * RATE:
                    raise TooLarge(TOO_LONG, seconds=most_seconds)
    except (MemoryError, BlockingIOError) as error:  # FFmpeg's own are among them; the second: no room for a thread
        raise MemoryError from error
    except (av.FFmpegError, ValueError) as error:
        raise ParseFailed(UNREADABLE) from error
    if not size:
        raise ParseFailed(UNREADABLE)
    return np.concatenate(parts).astype(np.float32) / np.float32(32_768)


def has_speech(samples: Samples) -> bool:
    """Whether anybody speaks: Whisper writes whole sentences over silence and noise."""
    from faster_whisper.vad import get_speech_timestamps

    return bool(get_speech_timestamps(samples))


def as_wav(samples: Samples) -> bytes:
    """For a server: what it gets was decoded here first."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()
