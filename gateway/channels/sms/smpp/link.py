"""SMPP as an SMS link: what it speaks, over what all carriers' links share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.smpp.ids import MessageIds
from gateway.channels.sms.smpp.pdus import check_password
from gateway.channels.sms.smpp.repeats import Naming, knowing
from gateway.channels.sms.smpp.speaking import Mode, Smpp
from gateway.channels.sms.split import References
from gateway.model.http import Door


class SmppLink:
    """Implements ``gateway.channels.sms.port.Link``: one ``CarrierLink`` both ways, or one for each.

    ``sending`` and ``receiving`` are the same when the bind is a transceiver's.
    """

    def __init__(self, config: SmppSms, means: ChannelMeans, inbox: Inbox, *, password: str) -> None:
        ids = MessageIds(config.ids, knowing(means.ledger, config.account))
        named = Naming(inbox, ids, means.ledger, config.account, config.repeat_s, means.clock)
        references = References()
        password = check_password(password)

        def carrier(mode: Mode) -> CarrierLink:
            speaks = Smpp(config, password, mode, ids, means.zone, means.clock, references)
            return CarrierLink(config, means, named, speaks)

        if config.bind == "transceiver":
            self.sending = self.receiving = carrier("transceiver")
        else:
            self.sending, self.receiving = carrier("transmitter"), carrier("receiver")

    @property
    def carriers(self) -> Sequence[CarrierLink]:
        """One or two."""
        return [self.sending] if self.sending is self.receiving else [self.sending, self.receiving]

    @property
    def up(self) -> int:
        """Connections that are bound now."""
        return sum(one.up for one in self.carriers)

    @property
    def why(self) -> str:
        """Why what is not bound is not: the carrier's reason in words."""
        return next((one.why for one in self.carriers if not one.up), "")

    def figures(self) -> Mapping[str, float]:
        """For /metrics: plain sums, and what is up and waits now."""
        names = self.sending.counters.__slots__
        sums = {f"sms_link_{name}": sum(getattr(one.counters, name) for one in self.carriers) for name in names}
        return {**sums, "sms_link_up": self.up, "sms_link_waiting": self.sending.waiting}

    def doors(self) -> Sequence[Door]:
        return ()

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """See the port."""
        return await self.sending.submit(target, text, key)

    async def run(self) -> None:
        """Keep the connections until cancelled."""
        async with asyncio.TaskGroup() as group:
            for one in self.carriers:
                group.create_task(one.run())
