"""SMGP as an SMS link: what it speaks, over what all carriers' links share."""

from __future__ import annotations

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smgp.speaking import Smgp
from gateway.channels.sms.split import References


class SmgpLink(CarrierLink):
    """Implements ``gateway.channels.sms.port.Link``."""

    def __init__(self, config: SmgpSms, means: ChannelMeans, inbox: Inbox, *, secret: str) -> None:
        super().__init__(config, means, inbox, Smgp(config, secret, means.zone, means.clock, References()))
