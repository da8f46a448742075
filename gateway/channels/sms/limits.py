"""What a session with a carrier goes by; apart, because configurations are read where no session is made."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.channels.sms.frames import MAX_FRAME


@dataclass(frozen=True, slots=True)
class Limits:
    """All in seconds but the counts. ``window`` W, ``answer_s`` T and ``tries`` N are the standard's. ``between`` are
    the octets between a frame's command and its sequence (SMPP's status), ``most_sequence`` after which it begins anew.
    """

    window: int = 16
    answer_s: float = 60.0
    tries: int = 3
    active_s: float = 30.0
    active_wait_s: float = 10.0
    active_tries: int = 3
    login_s: float = 10.0
    leave_s: float = 1.0
    max_frame: int = MAX_FRAME
    between: int = 0
    most_sequence: int = 0xFFFF_FFFF
