"""Recordings that tests make themselves: silence, noise, a tone, and files that are not what they say."""

from __future__ import annotations

import io
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_RATE = 16_000


def wav(samples: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def silence(seconds: float) -> bytes:
    return wav(np.zeros(int(seconds * _RATE), dtype=np.float32))


def noise(seconds: float) -> bytes:
    return wav((0.1 * np.random.default_rng(1).standard_normal(int(seconds * _RATE))).astype(np.float32).clip(-1, 1))


def tone(seconds: float) -> bytes:
    times = np.arange(int(seconds * _RATE), dtype=np.float32) / _RATE
    return wav((0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32))


def bomb(seconds: int) -> bytes:
    """Silence that takes hardly any room: a second of FLAC is some hundred bytes."""
    return encoded(np.zeros((1, seconds * _RATE), dtype=np.int16), "flac", "flac")


def encoded(samples: NDArray[np.int16], container: str, codec: str) -> bytes:
    """(1, n) samples in another format."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=_RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, samples.shape[1], _RATE):
            frame = av.AudioFrame.from_ndarray(samples[:, start : start + _RATE], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def playlist(of: Path) -> bytes:
    """What would make FFmpeg read another file of the machine."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{of}\n#EXT-X-ENDLIST\n".encode()
