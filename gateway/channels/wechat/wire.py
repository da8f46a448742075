"""A push of the WeChat platform: proved, opened and read. Bytes and query in, fields out; no IO, no clock of its own.

What the signatures cover differs and so does what they prove: ``signature`` covers token, timestamp and nonce only,
``msg_signature`` also the sealed text. A sealed push is therefore taken only with the latter. In compatible mode the
body holds the fields in plain and sealed; the sealed ones count, and the plain ones stand in (flagged) when our key
does not fit. Whatever fails after the signature was right is a ``WireError`` with ``vouched``: it must be kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.channels.wechat.config import Mode
from gateway.channels.wechat_crypto import (
    Seal,
    WireError,
    check_age,
    check_signature,
    read_envelope,
    read_fields,
    signature,
)

_ECHO = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True, slots=True)
class Push:
    """An opened push: the message's fields by their names on the wire. ``sealed`` asks for a sealed answer."""

    fields: Mapping[str, Any]
    sealed: bool = False
    flags: tuple[str, ...] = ()


class Wire:
    """The wire of one account. ``mode`` None takes plain and sealed pushes alike (for reading kept originals)."""

    def __init__(self, token: str, aes_key: str, app_id: str, mode: Mode | None = None) -> None:
        """Raises ValueError for an EncodingAESKey that is none. An empty one can open nothing sealed."""
        if not token:
            raise ValueError("the token of the platform's page is needed to check signatures")
        self._token, self._mode = token, mode
        self._seal = Seal(aes_key, app_id) if aes_key else None

    def echo(self, query: Mapping[str, str], now: float, max_age_s: float | None) -> str:
        """The answer to the platform's verification GET (URL 验证). Raises WireError."""
        check_signature(query, "signature", self._token)
        check_age(query, now, max_age_s)
        text = query.get("echostr", "")
        if not _ECHO.fullmatch(text):
            raise WireError("echostr", "is missing or not plain text")
        return text

    def open(self, query: Mapping[str, str], body: bytes, now: float, max_age_s: float | None) -> Push:
        """Prove and read a push. Raises WireError and nothing else, whatever the bytes."""
        if "signature" in query or "msg_signature" not in query:
            check_signature(query, "signature", self._token)
        try:
            envelope, mended = read_envelope(body)
        except WireError as error:
            raise self._unread(query, error, now, max_age_s) from None
        if self._is_sealed(query, envelope):
            return self._open_sealed(query, body, envelope, now, max_age_s)
        if self._mode == "encrypted":
            raise WireError("Encrypt", "missing: this account takes only encrypted pushes", 401)
        check_signature(query, "signature", self._token)
        check_age(query, now, max_age_s)
        return Push(_fields(body), flags=("mended",) if mended else ())

    def seal(self, xml: str, nonce: str, at: float) -> str:
        """A passive reply in its sealed envelope."""
        if self._seal is None:
            raise ValueError("no EncodingAESKey to seal with")
        sealed, stamp = self._seal.close(xml), str(int(at))
        sign = signature(self._token, stamp, nonce, sealed)
        return (
            f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{sign}]]></MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )

    def _is_sealed(self, query: Mapping[str, str], envelope: Mapping[str, str]) -> bool:
        """Compatible mode sends plain fields beside the sealed ones: those count that the query's signature proves."""
        if "Encrypt" not in envelope or self._mode == "encrypted" or "MsgType" not in envelope:
            return "Encrypt" in envelope
        return self._mode != "plain" and "msg_signature" in query

    def _open_sealed(
        self, query: Mapping[str, str], body: bytes, envelope: Mapping[str, str], now: float, max_age_s: float | None
    ) -> Push:
        check_signature(query, "msg_signature", self._token, envelope["Encrypt"])
        check_age(query, now, max_age_s)
        try:
            fields, mended = read_fields(self._unsealed(envelope["Encrypt"]))
        except WireError as error:
            if "MsgType" in envelope and "signature" in query:  # compatible mode
                return Push(_fields(body), sealed=False, flags=("not_opened",))
            raise error.vouch() from None
        return Push(fields, sealed=True, flags=("mended",) if mended else ())

    def _unsealed(self, sealed: str) -> str:
        if self._seal is None:
            raise WireError("Encrypt", "is encrypted, but no aes_key is configured for this account")
        return self._seal.open(sealed)

    def _unread(self, query: Mapping[str, str], error: WireError, now: float, max_age_s: float | None) -> WireError:
        """A body that is no XML. It is vouched for when ``signature`` is all that this account asks for."""
        try:
            check_signature(query, "signature", self._token)
            check_age(query, now, max_age_s)
        except WireError as doubt:
            return doubt
        return error if self._mode == "encrypted" else error.vouch()


def _fields(body: bytes) -> dict[str, Any]:
    try:
        return read_fields(body)[0]
    except WireError as error:
        raise error.vouch() from None
