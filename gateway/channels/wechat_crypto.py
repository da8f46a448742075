"""What WeChat and WeCom share on the wire: signatures, sealed bodies, XML read safely. Bytes in, values out, no IO.

Both platforms sign ``sha1`` of the sorted parts and seal messages with AES-256-CBC under a 43 character key, with the
receiver's id (app id, corp id) at the end of the plain text. wechatpy does the cryptography and reads the XML; it
raises whatever its helpers raise (seen in 1.8.18: ValueError, KeyError, IndexError, struct.error, ExpatError ...), so
every use of it is guarded here and comes out as ``WireError``, which says what is wrong and where.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]
from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import InvalidAppIdException
from wechatpy.parser import parse_message

NOT_XML_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (section 2.2) does not allow. Phones send them in texts all the same."""


class WireError(Exception):
    """A push that cannot be taken as it is: ``where`` names the part, ``why`` what is wrong with it.

    ``status`` is the HTTP answer (401: not proved to be the platform's, 400: malformed). ``vouched`` is True when the
    signature was right: then the original must be kept although it could not be read.
    """

    def __init__(self, where: str, why: str, status: int = 400, vouched: bool = False) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why, self.status, self.vouched = where, why, status, vouched

    def vouch(self) -> WireError:
        """The same error for a push whose signature was right."""
        return WireError(self.where, self.why, self.status, vouched=True)


def signature(*parts: str) -> str:
    """SHA-1 in hex of the sorted parts: token, timestamp and nonce, and for msg_signature the sealed text too."""
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def check_signature(query: Mapping[str, str], name: str, token: str, *covered: str) -> None:
    """Compare the query's ``name`` with what the token and the covered parts give, in constant time.

    Raises WireError with status 401.
    """
    given = query.get(name, "")
    if not given:
        raise WireError(name, "missing", 401)
    parts = (token, query.get("timestamp", ""), query.get("nonce", ""), *covered)
    if not hmac.compare_digest(signature(*parts).encode(), given.lower().encode("utf-8", "surrogatepass")):
        raise WireError(name, "does not fit the token", 401)


def check_age(query: Mapping[str, str], now: float, max_age_s: float | None) -> None:
    """Refuse a signed timestamp further than ``max_age_s`` from ``now``; None judges no age. Raises WireError (401)."""
    given = query.get("timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", given):
        raise WireError("timestamp", "is not a number of seconds", 401)
    if max_age_s is not None and abs(now - int(given)) > max_age_s:
        raise WireError("timestamp", f"is more than {max_age_s:g} s away from now", 401)


class Seal:
    """Opens and closes sealed messages of one account. ``receive_id`` is the app id (WeChat) or corp id (WeCom)."""

    def __init__(self, aes_key: str, receive_id: str) -> None:
        """Raises ValueError when the key is not the 43 characters that the platform's page shows."""
        try:
            key = base64.b64decode(aes_key + "=", validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("the EncodingAESKey must be 43 letters and digits, as shown on the platform's page")
        self._crypto = PrpCrypto(key)
        self._receive_id = receive_id

    def open(self, sealed: str, where: str = "Encrypt") -> str:
        """The plain text. Raises WireError: not sealed with this key, or meant for another receiver."""
        try:
            return str(self._crypto.decrypt(sealed, self._receive_id))
        except InvalidAppIdException:
            raise WireError(where, "was sealed for another app id") from None
        except Exception:  # whatever base64, AES, struct and utf-8 find wrong with someone's bytes
            raise WireError(where, "cannot be opened with this account's EncodingAESKey") from None

    def close(self, text: str) -> str:
        """Seal a text for this receiver (base64)."""
        sealed: bytes = self._crypto.encrypt(text, self._receive_id)
        return sealed.decode("ascii")


def read_envelope(body: bytes) -> tuple[dict[str, str], bool]:
    """The top elements of an XML body by name, and whether its characters had to be mended. Raises WireError.

    DTDs and entities are refused before anything else looks at the text (XML bombs, external entities).
    """
    text, mended = _as_text(body)
    try:
        root = _tree(text)
    except Exception as error:  # ParseError, DTDForbidden, EntitiesForbidden, RecursionError ...
        raise WireError("body", f"is not acceptable XML ({type(error).__name__})") from None
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS or _depth(root) > _DEEPEST:
        raise WireError("body", "has too many elements, or they are nested too deep")
    return {child.tag: child.text or "" for child in root}, mended


def read_fields(body: bytes | str) -> tuple[dict[str, Any], bool]:
    """A message's fields as wechatpy parses them, and whether characters had to be mended. Raises WireError."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    read_envelope(raw)
    text, mended = _as_text(raw)
    try:
        fields = dict(parse_message(text)._data)
    except KeyError as error:
        raise WireError(str(error).strip("'"), "missing") from None
    except Exception as error:
        raise WireError("body", f"is not a message ({type(error).__name__})") from None
    return fields, mended


# The platform's messages have some twenty elements, two levels deep. wechatpy's reader is slow and calls itself.
_DEEPEST, _MOST_ELEMENTS = 8, 2000
_PIECE = 65_536
"""Characters parsed at once: the parser gives other threads their turn only in between."""


def _tree(text: str) -> Any:
    parser = DefusedXMLParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    for start in range(0, len(text), _PIECE):
        parser.feed(text[start : start + _PIECE])
    return parser.close()


def _depth(element: Any) -> int:
    level, deepest = [element], 0
    while level and deepest <= _DEEPEST:
        deepest += 1
        level = [child for parent in level for child in parent]
    return deepest


def _as_text(body: bytes) -> tuple[str, bool]:
    """The body as characters that XML allows. The platform declares nothing and sends UTF-8."""
    try:
        text, mended = body.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, mended = body.decode("utf-8", "replace"), True
    clean = NOT_XML_TEXT.sub("", text)
    return clean, mended or clean != text
