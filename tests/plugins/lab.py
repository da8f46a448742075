"""Fixtures that start real things: an Asterisk a session for tests that leave it whole, own ones for those that do not.

Nothing is skipped: where there is no Asterisk or no SIPp, the test fails and says what to install.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.lab import AsteriskLab, Ports, Sipp
from tools.lab.site import CONFIG, Site

MakeSite = Callable[..., Awaitable[Site]]


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name: Asterisk's control socket must fit in 107 bytes, which pytest's folders strain."""
    with tempfile.TemporaryDirectory(prefix="gw-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def asterisk_site() -> Iterator[Site]:
    """The shipped configuration on a real Asterisk with free ports, started once; no gateway runs.

    For tests that leave no member, no call and no frozen process behind. The others take ``make_site``.
    """
    with short_folder() as folder:
        site = Site.free(folder)
        try:
            yield site.start()
        finally:
            site.stop()


@pytest.fixture(scope="session")
def asterisk_lab(asterisk_site: Site) -> AsteriskLab:
    """The session's Asterisk: ``rx``, ``calls_up``, ``tail``."""
    return asterisk_site.asterisk


@pytest.fixture
async def make_site() -> AsyncIterator[MakeSite]:
    """Makes sites of the test's own, to kill and freeze; their Asterisks are started unless ``start=False``.

    ``await make_site(config_dir=..., overrides={"GATEWAY__ASTERISK__AGI_GUARD_S": "2"})``
    """
    folders: list[Path] = []
    sites: list[Site] = []

    async def make(
        *, config_dir: Path = CONFIG, overrides: Mapping[str, str] | None = None, start: bool = True
    ) -> Site:
        folders.append(Path(tempfile.mkdtemp(prefix="gw-")))
        site = Site.free(folders[-1], config_dir=config_dir, overrides=overrides)
        sites.append(site)
        if start:
            await asyncio.to_thread(site.start)
        return site

    yield make
    for site in sites:
        await asyncio.to_thread(site.stop)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sipp(asterisk_site: Site, tmp_path: Path) -> Iterator[Sipp]:
    """Callers and seats of the session's Asterisk."""
    ports = Ports()
    yield Sipp(asterisk_site.settings.asterisk.sip_port, tmp_path / "sipp", ports=ports)
    ports.close()
