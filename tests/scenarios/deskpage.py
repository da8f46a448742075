"""The people of a desk's story: an agent in a real Chromium whose made-up microphone says the agent's tone, citizens
and partners with telephones that say whom they hear, and the partner's platform that takes the tickets.

The page is worked as a person does it, by keys. What it hears is told from the remote stream, as the other telephones
tell it (``tools.lab.tones``).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

sys.path.append(str(Path(__file__).parents[1] / "asterisk"))

from conftest import quicken
from hall import Story, gateway_on
from office import LOOPBACK
from playwright.async_api import BrowserContext, Locator, Page, expect
from softphone_stage import browser

from gateway.demo.hotline import Hotline, read_logins
from tests.fakes.partner import FakePartner
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.carrier import Carrier
from tools.lab.phone import Manner, Phone
from tools.lab.process import Child
from tools.lab.site import Site
from tools.lab.tones import TONES

PATIENCE_S = 60.0
PATIENCE_MS = PATIENCE_S * 1000
WRAP_UP_S = 60
RING_S = 30
SHOTS = os.environ.get("GATEWAY_SHOTS", "")
"""A folder for pictures of the states of the desk, at both sizes; "" makes none."""
SMALL, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
VIRTUAL = "66001000"

EARS = """
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  // a steady tone is just what noise suppression takes away
  const open = devices.getUserMedia.bind(devices);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (wish) => open({ ...wish, audio: { ...wish.audio, ...plain } });
  const peers = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...more) { super(...more); peers.push(this); }
  };
  const current = () => peers.findLast((one) => one.connectionState === 'connected');
  let ear = null;
  const listen = (peer) => {
    if (ear?.peer === peer) return ear;
    const context = ear?.context ?? new AudioContext();
    context.resume();
    const analyser = context.createAnalyser();
    Object.assign(analyser, { fftSize: 8192, smoothingTimeConstant: 0 });
    const source = context.createMediaStreamSource(new MediaStream(peer.getReceivers().map((one) => one.track)));
    source.connect(analyser);
    // kept with the ear: a source that nothing refers to is swept up, and then there is silence
    return (ear = { peer, context, analyser, source, bins: new Float32Array(analyser.frequencyBinCount) });
  };
  const inbound = async (peer) =>
    [...((await peer?.getStats())?.values() ?? [])].find((one) => one.type === 'inbound-rtp') ?? {};
  window.heard = async (tones) => {
    const peer = current();
    if (!peer) return [];
    const { context, analyser, bins } = listen(peer);
    analyser.getFloatFrequencyData(bins);
    const level = (hz) => {
      const at = Math.round((hz * analyser.fftSize) / context.sampleRate);
      return Math.max(bins[at - 1], bins[at], bins[at + 1]);
    };
    const found = Object.keys(tones).filter((party) => level(tones[party]) > -50);
    // the ear itself may have gone deaf: when the browser plays a sound that it does not hear, it is made anew
    const deaf = !found.length && (await inbound(peer)).audioLevel > 0.01;
    ear.deafSince = deaf ? (ear.deafSince ?? performance.now()) : undefined;
    if (deaf && performance.now() - ear.deafSince > 3000) {
      ear.context.close();
      ear = null;
    }
    return found;
  };
  window.ears = async () => {
    const { packetsReceived, audioLevel, totalAudioEnergy } = await inbound(current());
    const tracks = current()?.getReceivers().map(({ track }) => [track.readyState, track.muted]);
    return { packetsReceived, audioLevel, totalAudioEnergy, tracks, context: ear?.context.state, peers: peers.length };
  };
  window.packets = async () => {
    const count = { in: 0, out: 0 };
    for (const one of (await current()?.getStats())?.values() ?? []) {
      if (one.type === 'inbound-rtp') count.in += one.packetsReceived;
      if (one.type === 'outbound-rtp') count.out += one.packetsSent;
    }
    return count;
  };
})();
"""


@dataclass
class House:
    """A hotline that runs: its trunk leads to ``carrier``, its tickets for 110 to ``platform``, both ports of ours."""

    site: Site
    gateway: Child
    carrier: int
    platform: int


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """A hotline whose ring and wrap-up outlast what is looked at meanwhile, a partner's platform, a virtual number."""
    ports = Ports()
    carrier, platform = ports.take(), ports.take()
    config = quicken(folder / "config")
    _change(config / "queues.toml", "wrap_up_s = 2", f"wrap_up_s = {WRAP_UP_S}\nring_s = {RING_S}")
    _change(config / "partners.toml", 'url = ""', f'url = "http://127.0.0.1:{platform}/cases"')
    overrides = LOOPBACK | {
        "GATEWAY__ASTERISK__TRUNK_CONTACT": f"sip:127.0.0.1:{carrier}",
        "GATEWAY__VIRTUAL__NUMBERS": f'["{VIRTUAL}"]',
        "GATEWAY__DELIVERY__FIRST_S": "0.2",
    }
    with short_folder() as state:
        site = Site.free(state, config_dir=config, overrides=overrides)
        try:
            site.start()
            with gateway_on(site) as gateway:
                yield House(site, gateway, carrier, platform)
        finally:
            site.stop()
            ports.close()


def _change(file: Path, old: str, new: str) -> None:
    """The first of its kind: the hotline's queue, the police's platform."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


class Scene:
    """One story at one desk: the agent's page, the carrier's telephones, the police's platform."""

    def __init__(self, story: Story, desk: DeskPage, carrier: Carrier, police: FakePartner) -> None:
        self.story, self.desk, self.carrier, self.police = story, desk, carrier, police
        self._stack = AsyncExitStack()
        self._sip = story.site.settings.asterisk.sip_port

    @classmethod
    @asynccontextmanager
    async def open(cls, story: Story, house: House) -> AsyncIterator[Self]:
        site = house.site
        police = FakePartner(
            secret=site.secrets.of("made:partner-110-out"), in_secret=site.secrets.of("made:partner-110-in"),
            number_field="caseNumber",
        )  # fmt: skip
        async with (
            police.running(house.platform),
            Carrier.open(house.carrier, site.settings.asterisk.sip_port) as carrier,
            browser() as context,
            DeskPage.open(story, context) as desk,
        ):
            scene = cls(story, desk, carrier, police)
            async with scene._stack:
                yield scene

    async def caller(self, party: str, number: str) -> Phone:
        """A telephone that calls us."""
        return await self._stack.enter_async_context(Phone.open(party, number, self._sip))

    async def called(self, party: str, number: str, manner: Manner | None = None) -> Phone:
        """A telephone behind the carrier, that we call."""
        return await self.carrier.phone(party, number, manner=manner)

    async def seat_phone(self, seat: str, agent: str) -> Phone:
        """A second agent's desk phone, signed in and ready."""
        extension = await self.story.extension(seat)
        phone = await self.caller("second", extension)
        await phone.register(self.story.site.secrets.seats[extension])
        await self.story.until(lambda: self.story.reachable(seat), "its telephone is registered")
        await self.story.sign_in(seat, agent)
        return phone

    async def talking(self, number: str) -> Phone:
        """A citizen has called 12345, the page has rung, and F2 has joined them."""
        self.story.numbers["citizen"] = number
        citizen = await self.caller("citizen", number)
        await citizen.call("12345")
        await expect(self.desk.page.locator("button.answer")).to_be_visible(timeout=PATIENCE_MS)
        await self.desk.key("F2")
        await citizen.until_hears("agent")
        await self.desk.until_hears("citizen")
        await self.desk.is_in("talking")  # what is heard is ahead of what is told
        return citizen

    async def call_id(self) -> str:
        """Of the citizen's call, answered."""
        call = await self.story.call_when("citizen", "is answered", lambda c: c["answered_at"] is not None)
        return str(call["call_id"])

    async def ticket(self, number: str) -> dict[str, Any]:
        return await self.story.lead._ask("GET", f"/api/v1/tickets/{number}")

    @asynccontextmanager
    async def logged_in(self, login: str) -> AsyncIterator[Hotline]:
        """Another agent's session, by the API."""
        one = next(one for one in _logins(self.story) if one.login == login)
        async with Hotline(self.story.site.web_url, one.login, one.password) as hotline:
            yield hotline


def _logins(story: Story) -> list[Any]:
    return read_logins(story.site.state_dir / "first-logins.txt")


def _is_bad(line: str) -> bool:
    """What the page was kept from, or a part of it that has failed (it says so itself, and goes on without)."""
    return "Security Policy" in line or line.startswith("desk:")


class DeskPage:
    """The desk of the first agent, in Chromium."""

    def __init__(self, story: Story, page: Page) -> None:
        self.story, self.page = story, page
        self.errors: list[str] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, story: Story, context: BrowserContext) -> AsyncIterator[Self]:
        """An error in the page's own code, or something that its policy forbids, fails the story."""
        await context.add_init_script(EARS)
        desk = cls(story, context.pages[0])
        desk.page.set_default_timeout(PATIENCE_MS)
        desk.page.on("pageerror", lambda error: desk.errors.append(str(error)))
        desk.page.on("console", lambda line: desk.errors.append(line.text) if _is_bad(line.text) else None)
        await desk.page.set_viewport_size(SMALL)
        yield desk
        assert desk.errors == []

    async def come(self, seat: str = "A001") -> None:
        """Log in, sign in at a seat with the softphone, be ready."""
        agent = next(one for one in _logins(self.story) if one.role == "agent")
        await self.page.goto(f"{self.story.site.web_url}/desk")
        await expect(self.page).to_have_url(re.compile(r"/login\?next=.*desk"))
        await self.page.fill("input[name=login]", agent.login)
        await self.page.fill("input[name=password]", agent.password)
        await expect(self.page.locator("button.main")).to_be_enabled()
        await self.page.keyboard.press("Enter")
        await expect(self.page).to_have_url(re.compile("/desk$"))
        await self.page.locator(f".signin input[value={seat}]").check(force=True)
        await self.page.locator(".signin input[value=softphone]").check(force=True)
        await self.page.locator(".signin button.main").click()
        await expect(self.page.locator(".device[data-good=true]")).to_contain_text(seat, timeout=PATIENCE_MS)
        await self.story.until(lambda: self.story.reachable(seat), "the desk's softphone has registered")
        await expect(self.page.locator(".presence button.good")).to_be_enabled(timeout=PATIENCE_MS)  # the key does too
        await self.key("Alt+R")
        await self.is_in("ready")

    async def key(self, *names: str) -> None:
        """Keys as the desk prints them: F2, Alt+1, Ctrl+Enter."""
        for name in names:
            await self.page.keyboard.press(name.replace("Ctrl+", "Control+"))

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def is_in(self, state: str) -> None:
        """What the top bar says: ready, ringing, talking, three_way, wrap_up ..."""
        await expect(self.page.locator(".topbar .state")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)

    async def saved(self) -> None:
        """What was typed is in the ledger."""
        await expect(self.page.locator(".form .saved")).to_have_attribute("data-state", "saved", timeout=PATIENCE_MS)

    async def transfer_is(self, phase: str) -> Locator:
        running = self.page.locator(".running")
        await expect(running).to_have_attribute("data-phase", phase, timeout=PATIENCE_MS)
        return running

    async def until_hears(self, *parties: str) -> None:
        """Whose tones come from the other side."""
        tones = {party: hz for party, hz in TONES.items() if party != "agent"}
        heard: set[str] = set()

        async def so() -> bool:
            nonlocal heard
            heard = set(await self.page.evaluate("(tones) => heard(tones)", tones))
            return heard == set(parties)

        try:
            await self.story.until(so, f"the page hears {parties}")
        except AssertionError as failure:
            ears = await self.page.evaluate("ears()")
            raise AssertionError(f"the page hears {heard}, not {parties}: {ears}\n{failure}") from None

    async def packets(self) -> dict[str, int]:
        """RTP packets that the browser has received and sent in this call (getStats)."""
        return dict(await self.page.evaluate("packets()"))

    async def shot(self, name: str) -> None:
        """A picture at both sizes, where pictures are wanted."""
        if not SHOTS:
            return
        for size in (LARGE, SMALL):
            await self.page.set_viewport_size(size)
            await self.page.screenshot(path=f"{SHOTS}/real-{name}-{size['width']}.png", animations="disabled")
