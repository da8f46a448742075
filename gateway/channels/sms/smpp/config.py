"""``[[sms]] kind = "smpp"``: an account at anyone who speaks SMPP 3.4."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from gateway.channels.sms.carrier_config import Ascii, LineBase
from gateway.channels.sms.coding import Alphabet
from gateway.channels.sms.limits import Limits
from gateway.schema import SecretRef

Ids = Literal["auto", "same", "hex_decimal", "decimal_hex"]

Ton = Annotated[int, Field(ge=0, le=6, description="type of number, 0 to 6 (SMPP 3.4, 5.2.5)")]
Npi = Literal[0, 1, 3, 4, 6, 8, 9, 10, 14, 18]

STATUS_OCTETS = 4
MOST_SEQUENCE = 0x7FFF_FFFF


class SmppSms(LineBase):
    """``system_id``, ``password`` and ``system_type`` are the bind's; ``bind`` is one connection both ways, or a pair
    of a transmitter and a receiver for centres that know no transceiver. ``source`` is the number that citizens see
    (empty: ``number``), with its type and plan; ``target_prefix`` is put before mainland numbers (``86`` for centres
    that want ``target_ton = 1``, international).

    ``alphabet`` is what data_coding 0 means at this centre, both ways. ``ids``: how the ids in status reports are
    spelt: ``same`` as in the answers, ``hex_decimal`` (answers hexadecimal, reports decimal), ``decimal_hex``, or
    ``auto``, which looks for a message of ours under each spelling; say it when it is known. ``repeat_s``: the same
    octets within so many seconds are the centre's repeat, later the citizen's. ``tries``: how often a message is sent
    that is not answered; SMPP has no rule for it.
    """

    kind: Literal["smpp"] = "smpp"
    port: int = Field(default=2775, ge=1, le=65_535)
    system_id: Annotated[Ascii, Field(min_length=1, max_length=15)]
    password: SecretRef
    system_type: Annotated[Ascii, Field(max_length=12)] = ""
    bind: Literal["transceiver", "pair"] = "transceiver"
    address_ton: Ton = 0
    address_npi: Npi = 0
    address_range: Annotated[Ascii, Field(max_length=40)] = ""
    source: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{0,20}$", description="digits or letters, at most 20")] = ""
    source_ton: Ton = 0
    source_npi: Npi = 1
    target_ton: Ton = 0
    target_npi: Npi = 1
    target_prefix: Annotated[str, Field(pattern=r"^[0-9]{0,4}$", description="digits, at most 4")] = ""
    service_type: Annotated[Ascii, Field(max_length=5)] = ""
    alphabet: Alphabet = "gsm7"
    ids: Ids = "auto"
    repeat_s: float = Field(default=600, ge=1, le=86_400)
    tries: int = Field(default=2, ge=1, le=10)

    def limits(self) -> Limits:
        """What a session goes by. SMPP's sequence ends at 0x7FFFFFFF."""
        return replace(super().limits(), between=STATUS_OCTETS, most_sequence=MOST_SEQUENCE)
