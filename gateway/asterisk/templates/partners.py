"""What the dialplan tells of the INVITE of a call that a partner may have handed to us.

Only where the configuration says that a partner does (``calls_in``): everywhere else a call costs nothing more. The
values ride on the UserEvent that is sent anyway, so not even then is there a further step. A header is whatever its
sender wrote: what is not a plain character of a reference is taken out, and who believes it is decided by the address
that the INVITE came from (``gateway.transfer.contexts``).
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.transfer.config import PartnerConfig

_PLAIN = "0-9a-zA-Z-._:="
"""For FILTER: a hyphen is one only behind a range (seen on 22.10: at the end, behind a single character, it is not)."""
_REMOTE = "Remote: ${CHANNEL(pjsip,remote_addr)}"


def told_of_invite(partners: Iterable[PartnerConfig]) -> str:
    """What follows the other fields of ``UserEvent(GWEntered,...)``, with a comma before it; "" for no such partner."""
    names = [name for one in partners if one.calls_in is not None for name in one.calls_in.headers]
    if not names:
        return ""
    fields = [_REMOTE, *(_header(name) for name in dict.fromkeys(names))]
    return "".join(f",{field}" for field in fields)


def _header(name: str) -> str:
    return f"H-{name}: ${{FILTER({_PLAIN},${{PJSIP_HEADER(read,{name})}})}}"
