"""CMPP as an SMS link: what it speaks, over what all carriers' links share."""

from __future__ import annotations

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.speaking import Cmpp
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.split import References


class CmppLink(CarrierLink):
    """Implements ``gateway.channels.sms.port.Link``."""

    def __init__(self, config: CmppSms, means: ChannelMeans, inbox: Inbox, *, secret: str) -> None:
        speaks = Cmpp(config, secret, means.zone, means.clock, References(), config.version)
        super().__init__(config, means, inbox, speaks)
