"""What a probe is asked and what it answers, as plain data that crosses the process border as JSON.

No telephone code here: the app, the command line and the tests read these without importing pyVoIP.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

REASONS = {
    "answered": "接通并听到声音 / answered, audio heard",
    "no_audio": "接通但没有声音 / answered, but silent",
    "no_reply": "服务器没有回应 / the server does not reply",
    "not_registered": "话机注册被拒绝 / registration refused",
    "refused": "呼叫被拒绝 / the call was refused",
    "no_answer": "时限内无人接听 / not answered within the limit",
    "hung_up": "刚接通就被挂断 / answered and cut off before any sound",
    "limit": "探测进程超时被终止 / the probe itself was stopped at its limit",
    "broken": "探测进程出错 / the probe itself failed",
}
"""Every outcome of a probe with the words for it."""


@dataclass(frozen=True, slots=True)
class ProbeConfig:
    """One probe call. ``limit_s`` bounds all of it, the start of the process included.

    ``local_host`` empty means: the address that routes to the server. ``password`` is handed to the worker over its
    standard input, never on a command line.
    """

    server: str
    port: int
    user: str
    password: str = field(repr=False)
    dial: str = "12345"
    limit_s: float = 20.0
    local_host: str = ""

    def __post_init__(self) -> None:
        """Refuse what would end up inside a SIP header: the same rule as for AMI, no CR, LF or NUL ever."""
        for name in ("server", "user", "password", "dial", "local_host"):
            value = getattr(self, name)
            if any(c in value for c in "\r\n\0"):
                raise ValueError(f"{name} holds a control character")
        if not self.dial or not all(c in "0123456789*#+" for c in self.dial):
            raise ValueError(f"dial {self.dial!r} is not a number: digits, *, # and + only")
        if not 1 <= self.limit_s <= 300:
            raise ValueError(f"limit of {self.limit_s} s is outside 1 to 300")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the synthetic caller met.

    ``answered`` means a 200 to the INVITE; ``seconds`` runs from the INVITE to that 200 (None when it did not come);
    ``audio`` means that at least ``phone.ENOUGH_FRAMES`` received frames of 20 ms were louder than silence.
    ``status`` is the last SIP status of the call (0: no reply at all), ``register_status`` that of the registration.
    """

    dial: str
    reason: str
    answered: bool = False
    audio: bool = False
    seconds: float | None = None
    audio_after_s: float | None = None
    frames: int = 0
    loud_frames: int = 0
    status: int = 0
    register_status: int = 0
    took_s: float = 0.0
    detail: str = ""

    @property
    def good(self) -> bool:
        """True when a citizen would have been served: answered, and heard something."""
        return self.answered and self.audio

    def line(self) -> str:
        """One line for a person, Chinese first."""
        words = REASONS.get(self.reason, self.reason)
        timing = f" · {self.seconds:.2f} s" if self.seconds is not None else ""
        status = f" · SIP {self.status}" if self.status else ""
        tail = f" · {self.detail}" if self.detail else ""
        return f"{self.dial}: {words}{timing}{status}{tail}"

    def as_dict(self) -> dict[str, Any]:
        """All fields, and ``good``, for JSON."""
        return {**asdict(self), "good": self.good}
