"""To whom a mail server delivers: the accounts by their addresses, as RCPT TO names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

_LONGEST = 320


def parse_path(text: str) -> tuple[str, str] | None:
    """The address between angle brackets (or up to a blank) and the parameters after it; None when there is none.

    Takes what mail servers send and RFC 5321 section 4.1.2 no longer wants: no brackets, a source route. "" is the
    null path. Quoted local parts keep their quotes.
    """
    text = text.strip()
    if text.startswith("<"):
        end = _closing(text)
        if end < 0:
            return None
        address, rest = text[1:end], text[end + 1 :]
        if rest and not rest.startswith(" "):
            return None
    else:
        address, _, rest = text.partition(" ")
        if not address:
            return None
    if address.startswith("@") and ":" in address:
        address = address.partition(":")[2]
    if len(address) > _LONGEST or any(ord(one) < 33 or one in "<>\x7f" for one in _outside_quotes(address)):
        return None
    return address, rest.strip()


def _closing(text: str) -> int:
    """Where the bracket that is not in quotes closes, -1 when it does not."""
    quoted = escaped = False
    for n, one in enumerate(text):
        if escaped:
            escaped = False
        elif one == "\\" and quoted:
            escaped = True
        elif one == '"':
            quoted = not quoted
        elif one == ">" and not quoted:
            return n
    return -1


def _outside_quotes(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return domain if at and len(local) > 1 and local[0] == local[-1] == '"' else address


class Addressed:
    """``accounts`` are names with their addresses in lower case, in the order of the configuration."""

    def __init__(self, accounts: Mapping[str, Iterable[str]]) -> None:
        self._accounts = {address: name for name, addresses in accounts.items() for address in addresses}
        self._domains = {address.rpartition("@")[2] for address in self._accounts}
        self._first = next(iter(accounts), "")

    def account(self, recipient: str) -> str | Literal[""]:
        """The account that a recipient belongs to, "" for none.

        Case is nothing (no mail server that matters keeps it apart), what follows a + is a tag of ours or of whoever
        writes. Postmaster must be answered for (RFC 5321 section 4.5.1): it is the first account's.
        """
        local, _, domain = recipient.lower().rpartition("@")
        if not local:
            local, domain = domain, ""
        if local.startswith('"') and local.endswith('"') and len(local) > 2:
            local = local[1:-1]
        if local == "postmaster" and (not domain or domain in self._domains):
            return self._accounts.get(f"postmaster@{domain}", self._first)
        return self._accounts.get(f"{local}@{domain}") or self._accounts.get(f"{local.partition('+')[0]}@{domain}", "")
