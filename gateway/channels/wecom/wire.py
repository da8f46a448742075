"""WeCom's callbacks: proved, opened, read. They only say that there are messages; those are pulled over the API.

Always sealed, and ``msg_signature`` covers the sealed text, also of the ``echostr`` with which WeCom verifies an
address. The receiver's id inside the seal is the corp id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.channels.tidy import text_of
from gateway.channels.wechat_crypto import Seal, WireError, check_age, check_signature, read_envelope, read_fields


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback. ``token`` lets the pull that follows pass without limits for ten minutes; ``open_kfid`` is whose
    messages there are. Both are "" for events of another kind (``event`` names it)."""

    event: str
    token: str = ""
    open_kfid: str = ""


class Wire:
    """The wire of one enterprise."""

    def __init__(self, token: str, aes_key: str, corp_id: str) -> None:
        """Raises ValueError for an EncodingAESKey that is none."""
        if not token:
            raise ValueError("the token of the platform's page is needed to check signatures")
        self._token, self._seal = token, Seal(aes_key, corp_id)

    def echo(self, query: Mapping[str, str], now: float, max_age_s: float | None) -> str:
        """The opened ``echostr`` of the verification GET. Raises WireError."""
        sealed = query.get("echostr", "")
        check_signature(query, "msg_signature", self._token, sealed)
        check_age(query, now, max_age_s)
        return self._seal.open(sealed, "echostr")

    def open(self, query: Mapping[str, str], body: bytes, now: float, max_age_s: float | None) -> Notice:
        """Prove and read a callback. Raises WireError and nothing else, whatever the bytes."""
        sealed = read_envelope(body)[0].get("Encrypt", "")
        if not sealed:
            raise WireError("Encrypt", "missing")
        check_signature(query, "msg_signature", self._token, sealed)
        check_age(query, now, max_age_s)
        try:
            fields, _ = read_fields(self._seal.open(sealed))
        except WireError as error:
            raise error.vouch() from None
        event = text_of(fields.get("Event"), 60).lower()
        if event != "kf_msg_or_event":
            return Notice(event)
        return Notice(event, text_of(fields.get("Token"), 512), text_of(fields.get("OpenKfId"), 64))
