"""A stage for softphones: a real Chromium with a made-up microphone runs the desk's ``phone.js`` on a page with the
desk's own content security policy, against a real Asterisk; seats, passwords and orders are the gateway's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import struct
import tempfile
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from aiohttp import web
from playwright.async_api import BrowserContext, Page, async_playwright
from transfer_stage import PATIENCE_S, Stage

from gateway.asterisk.phones import PhoneSecrets
from gateway.model.ids import SeatId
from gateway.model.orders import DropSecret, OrderRefused
from gateway.model.records import Account
from gateway.seats.phones import Phones
from gateway.seats.service import SeatService
from gateway.seats.talks import Talks
from gateway.web.headers import policy
from tools.lab.site import ROOT
from tools.lab.tones import TONES

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
)  # fmt: skip
AGENT = Account("agent1", "王小芳", "agent", "1001")
SEAT, SOFT = SeatId("A001"), "PJSIP/8001w"
PAGE = '<!doctype html><title>phone</title><script type="module" src="/page.js"></script><body></body>'
SCRIPT = """
import { Phone } from '/static/desk/phone.js';
// a steady tone is just what noise suppression takes away
const devices = navigator.mediaDevices;
const open = devices.getUserMedia.bind(devices);
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
devices.getUserMedia = (wish) => open({ ...wish, audio: { ...wish.audio, ...plain } });
const credentials = async () => {
  const answer = await fetch('/credentials', { method: 'POST' });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
window.phone = new Phone({ credentials });
window.states = [];
phone.addEventListener('change', () => {
  const state = [phone.state.link, phone.state.call?.state ?? ''].join(' ').trim();
  if (state !== states.at(-1)) states.push(state);  // a registration that is renewed is no new state
});
"""


def microphone(path: Path) -> Path:
    """What Chromium's made-up microphone plays: the agent's tone, half a minute of it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        wave_of = [round(9000 * math.sin(2 * math.pi * TONES["agent"] * n / 48000)) for n in range(48000)]
        file.writeframes(struct.pack("<48000h", *wave_of) * 30)
    return path


class SoftStage:
    """A Stage whose agent sits at A001 with the softphone. ``page`` has it as ``window.phone``."""

    def __init__(self, stage: Stage, url: str) -> None:
        self.stage, self.url = stage, url
        hall, switch = stage.hall, stage.switch
        self.talks = Talks(hall)
        stage.listener.also.add(self.talks.apply)
        self.secrets = PhoneSecrets(lambda: stage.orders)
        self.seats = SeatService(hall, switch, set, stage.listener._now)
        self.phones = Phones(hall, self.talks, switch, self.secrets, stage.listener._now)
        self.page: Page
        self.errors: list[str] = []
        self.said: list[str] = []
        self.issued = 0
        self.spoilt = False
        """Passwords are taken back before the page can register with them."""
        self.ws = stage.site.settings.asterisk.websocket

    async def sign_in(self) -> None:
        """The agent signs in with the softphone and is ready; the page registers."""
        await self.seats.sign_in(SEAT, AGENT, "softphone")
        seat = self.stage.seat
        await self.stage.until(lambda: len(seat.members) == len(seat.config.queues), "signed in")
        await self.seats.ready(SEAT)
        await self.page.evaluate("phone.start()")
        await self.shows("phone.state.registered")
        await self.stage.until(lambda: seat.reachable, "the softphone can be called")

    async def rings(self) -> None:
        """A citizen has dialled and the page rings. ``self.dialling`` ends with the citizen's call being answered."""
        self.stage.citizen = citizen = await self.stage.phone("citizen", "13812345678")
        async with self.stage.flow(self.stage.seat.config.queues[0]):
            await citizen.call("12345")
            await self.shows("phone.state.call?.state === 'ringing'")

    async def talks_with_citizen(self) -> None:
        await self.rings()
        await self.page.evaluate("phone.answer()")
        await self.answered()

    async def answered(self) -> None:
        """The page has the call up and has Asterisk's word (ACK) for it: without, its end would wait for that."""
        await self.shows("phone.state.call?.state === 'up'")
        await self.shows("phone.session.status === phone.session.C.STATUS_CONFIRMED")

    async def shows(self, what: str, limit_s: float = PATIENCE_S, page: Page | None = None) -> None:
        """Wait until an expression is true in the page (or in another)."""
        page = page or self.page
        try:
            async with asyncio.timeout(limit_s):
                while not await page.evaluate(f"Boolean({what})"):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            state = await page.evaluate("JSON.stringify([phone.state, states])")
            raise AssertionError(
                f"not so: {what}; {state}; {self.errors}; {self.said[-8:]}\n{self.stage.log()[-1500:]}"
            ) from None

    async def hears_on(self, packets: int) -> None:
        """The browser has received so many RTP packets more."""
        wanted = await self.inbound() + packets
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await self.inbound() < wanted:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{packets} packets more did not come\n{self.stage.log()[-800:]}") from None

    async def inbound(self) -> int:
        """RTP packets that the browser has received (getStats)."""
        found = await self.page.evaluate(
            "(async () => { for (const one of (await phone.session.connection.getStats()).values())"
            " if (one.type === 'inbound-rtp' && one.kind === 'audio') return one.packetsReceived; return 0; })()"
        )
        return int(found)

    async def rx(self, order: str) -> str:
        return await asyncio.to_thread(self.stage.site.asterisk.rx, order)

    async def no_contact(self) -> None:
        """Asterisk has taken notice that the page of the test before is gone."""
        async with asyncio.timeout(PATIENCE_S):
            while "8001w/" in await self.rx("pjsip show contacts"):
                await asyncio.sleep(0.1)

    async def asked_for_keys(self, many: int) -> None:
        """Asterisk itself rings the softphone and then takes so many keys down into the global variable HEARD."""
        read = f"Read(KEYS,,{many},,,{PATIENCE_S:.0f})"
        await self.rx(f"dialplan add extension s,1,{read} into gw-keys replace")
        await self.rx("dialplan add extension s,2,Set(GLOBAL(HEARD)=${KEYS}) into gw-keys replace")
        await self.rx("dialplan set global HEARD nothing")
        await self.rx("channel originate PJSIP/8001w extension s@gw-keys")
        await self.shows("phone.state.call?.state === 'ringing'")
        await self.page.evaluate("phone.answer()")
        await self.answered()

    async def heard(self, keys: str) -> None:
        """Asterisk has taken these keys down."""
        shown = ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while f"HEARD={keys}" not in shown:
                    await asyncio.sleep(0.1)
                    shown = await self.rx("dialplan show globals")
        except TimeoutError:
            raise AssertionError(f"{keys} was not heard:\n{shown}\n{self.stage.log()[-800:]}") from None

    # -- the little web server

    async def give(self, request: web.Request) -> web.Response:
        self.issued += 1
        try:
            given = await self.phones.issue(SEAT, AGENT.agent_id, self.stage.listener._now() + 3600)
        except OrderRefused as refused:
            return web.Response(status=409, text=refused.why)
        if self.spoilt:
            await self.stage.switch.carry_out(DropSecret(given.username))
        return web.json_response(
            {
                "ws": self.ws,
                "uri": f"sip:{given.username}@127.0.0.1",
                "username": given.username,
                "password": given.password,
                "realm": given.realm,
                "expires_at": given.expires_at,
            }
        )

    async def show(self, request: web.Request) -> web.Response:
        socket = urlsplit(self.ws)
        header = {"Content-Security-Policy": policy(sockets=f"{socket.scheme}://{socket.netloc}")}
        return web.Response(text=PAGE, content_type="text/html", headers=header)

    async def script(self, request: web.Request) -> web.Response:
        return web.Response(text=SCRIPT, content_type="text/javascript")

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/desk", self.show)
        app.router.add_get("/page.js", self.script)
        app.router.add_post("/credentials", self.give)
        app.router.add_static("/static", ROOT / "gateway" / "web" / "static")
        return app


class Proxy:
    """What stands between pages and Asterisk's websocket: bytes through, until it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.connections = 0

    @classmethod
    @asynccontextmanager
    async def before(cls, soft: SoftStage) -> AsyncIterator[Proxy]:
        """The page finds Asterisk through it from now on."""
        proxy = cls(urlsplit(soft.ws).port or 0)
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        async with server:
            soft.ws = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
            await soft.page.reload()
            await soft.shows("window.phone")
            yield proxy
            proxy.cut()

    def cut(self) -> None:
        """As a proxy that is started again: every connection is gone at once, on both sides."""
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, far_writer}
        await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))
        self._open -= {writer, far_writer}


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()


def processes_of(folder: str) -> list[int]:
    """The browser that was started with this profile and all that it has started."""
    parents: dict[int, int] = {}
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if f"--user-data-dir={folder}" in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    whole = set(found)
    while more := {pid for pid, parent in parents.items() if parent in whole} - whole:
        whole |= more
    return sorted(whole)


@contextlib.contextmanager
def lid_closed(context: BrowserContext) -> Iterator[None]:
    """The laptop sleeps: nothing is sent, nothing is closed."""
    folder = PROFILES[context]
    asleep = processes_of(folder)
    assert asleep, "no process of the browser found"
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in asleep:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


PROFILES: WeakKeyDictionary[BrowserContext, str] = WeakKeyDictionary()


@asynccontextmanager
async def browser() -> AsyncIterator[BrowserContext]:
    """Chromium with a microphone that says the agent's tone."""
    with tempfile.TemporaryDirectory(prefix="gw-chromium-", ignore_cleanup_errors=True) as folder:
        voice = microphone(Path(folder) / "agent.wav")
        args = [*FLAGS, f"--use-file-for-fake-audio-capture={voice}"]
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                str(Path(folder) / "profile"), executable_path=CHROMIUM, headless=True, args=args,
                permissions=["microphone"], timeout=90_000,
            )  # fmt: skip
            context.set_default_timeout(60_000)
            PROFILES[context] = str(Path(folder) / "profile")
            try:
                yield context
            finally:
                await context.close()


@asynccontextmanager
async def soft_stage(stage: Stage, context: BrowserContext) -> AsyncIterator[SoftStage]:
    """The page is open and its phone made, not started; everything is over at the end."""
    soft = SoftStage(stage, "")
    runner = web.AppRunner(soft.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        soft.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        soft.page = await open_page(context, soft)
        yield soft
        if not soft.page.is_closed():
            await soft.page.evaluate("phone.stop()")
            await soft.page.close(run_before_unload=False)
        assert soft.errors == []
    finally:
        for queue in stage.seat.config.queues:
            await asyncio.to_thread(stage.site.asterisk.rx, f"queue remove member {SOFT} from {queue}")
        await runner.cleanup()


async def open_page(context: BrowserContext, soft: SoftStage) -> Page:
    page = await context.new_page()
    page.on("pageerror", lambda error: soft.errors.append(str(error)))
    page.on("console", lambda line: soft.said.append(line.text))
    page.on("console", lambda line: soft.errors.append(line.text) if _bad(line) else None)
    await page.goto(f"{soft.url}/desk")
    await soft.shows("window.phone", page=page)
    return page


def _bad(line: Any) -> bool:
    return "Content Security Policy" in line.text
