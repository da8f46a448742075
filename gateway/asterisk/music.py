"""What waiting callers hear before anybody has put music there: China's ringing tone, made here, free of any rights."""

from __future__ import annotations

import io
import math
import struct
import wave

RATE = 8000
TONE_HZ = 450
ON_S, OFF_S = 1, 4
_LEVEL = 3000  # about -21 dBFS: a ringing tone, not an alarm


def waiting_tone() -> bytes:
    """One cycle of the ringing tone (450 Hz, 1 s on, 4 s off) as a WAV file, 8 kHz mono 16-bit; players repeat it."""
    tone = [round(_LEVEL * math.sin(2 * math.pi * TONE_HZ * n / RATE)) for n in range(ON_S * RATE)]
    samples = tone + [0] * (OFF_S * RATE)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return target.getvalue()
