"""Status reports (delivery receipts) of SMPP: the text of appendix B, the optional parameters, or both.

    id:0A1B2C sub:001 dlvrd:001 submit date:2611221205 done date:2611221206 stat:DELIVRD err:000 text:...

Centres write it in any case, leave fields away, put letters into ``err`` and seconds into dates; so each field is
looked for by its name, and what comes behind ``text:`` (words of ours) is not looked at. Optional parameters count
where the text says nothing.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from gateway.channels.sms import stat
from gateway.channels.sms.coding import UCS2, decode
from gateway.channels.sms.frames import WireError, text_of
from gateway.channels.sms.port import Told
from gateway.channels.sms.smpp.wire import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, Handed

TYPE, RECEIPT, INTERMEDIATE = 0x3C, 0x04, 0x20
"""The message type in esm_class (5.2.12)."""

STATES = {
    1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
}  # fmt: skip
"""message_state (5.2.28) in the words of appendix B."""

_FIELD = r"(?:^|[\s;,]){}\s*:\s*([^\s;,]+)"
_ID, _STAT, _ERR = (re.compile(_FIELD.format(name), re.I) for name in ("id", "stat", "err"))
_DONE = re.compile(_FIELD.format(r"done[ _]?date"), re.I)
_TEXT = re.compile(r"(?:^|[\s;,])text\s*:", re.I)
_LONGEST = 2000


def is_receipt(handed: Handed) -> bool:
    """By esm_class, or by the two parameters that nothing else has. A text that looks like one is a citizen's."""
    if handed.esm_class & TYPE in (RECEIPT, INTERMEDIATE):
        return True
    return RECEIPTED_MESSAGE_ID in handed.more and MESSAGE_STATE in handed.more


def read_receipt(handed: Handed, data: bytes, zone: ZoneInfo) -> Told:
    """``data`` is the user data without a header, ``zone`` the centre's. Raises WireError for one that names no
    message.

    An intermediate notification changes nothing, whatever it says.
    """
    text = _text(handed, data)
    id = _found(_ID, text) or text_of(handed.more.get(RECEIPTED_MESSAGE_ID, b""))
    word = _found(_STAT, text).upper() or STATES.get(handed.number(MESSAGE_STATE) or 0, "")
    if not id or not word:
        raise WireError("status report without " + ("an id" if not id else "a state"))
    state = "waiting" if handed.esm_class & TYPE == INTERMEDIATE else stat.state_of(word)
    return Told(id[:64], state, _code(handed, text, word), stat.time_of(_found(_DONE, text), zone), handed.source)


def _text(handed: Handed, data: bytes) -> str:
    """Whatever format the field says: reports in format 0, 3 or 4 are ASCII all the same."""
    text = decode(data, UCS2).text if handed.coding == UCS2 else data.decode("latin-1")
    return _TEXT.split(text[:_LONGEST], maxsplit=1)[0]


def _found(field: re.Pattern[str], text: str) -> str:
    match = field.search(text)
    return match[1] if match is not None else ""


def _code(handed: Handed, text: str, word: str) -> str:
    """The state with the network's error, when there is one."""
    error = _found(_ERR, text)
    if not error.strip("0"):
        octets = handed.more.get(NETWORK_ERROR_CODE, b"")
        error = str(int.from_bytes(octets[1:])) if len(octets) == 3 else ""
    return f"{word} {error}"[:60] if error.strip("0") else word[:60]
