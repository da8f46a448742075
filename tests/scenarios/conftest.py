"""Stories run on sites of their own, with waits shortened so that a story takes seconds.

Stories that kill, freeze or reconfigure take ``story`` (all their own). The others take ``hotline``: one Asterisk and
one gateway for the whole session, left as they were found: seats signed out, nobody on the line.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hall import Story, gateway_on, story_on, visit
from play import Played, play

from tests.plugins.lab import MakeSite, short_folder
from tools.lab.process import Child
from tools.lab.site import CONFIG, Site


def quicken(config: Path) -> Path:
    """A copy of the shipped configuration with a short greeting and wrap-up: stories are about what happens, not how
    long. Some queues of dual numbers get limits of their own, so that a story can reach them. One keeps its wrap-up,
    for a story that looks at it and ends it.
    """
    shutil.copytree(CONFIG, config)
    queues = config / "queues.toml"
    text = queues.read_text(encoding="utf-8")
    assert "wrap_up_s" in text
    lines, queue = [], ""
    for line in text.splitlines():
        queue = line.split('"')[1] if line.startswith("id = ") else queue
        quick = line.startswith("wrap_up_s") and queue != LONG_WRAP_UP
        lines.append("wrap_up_s = 2" if quick else line)
    text = "\n".join(lines) + "\n"
    for queue, limits in LIMITS.items():
        text = text.replace(f'id = "{queue}"', f'id = "{queue}"\nwrap_up_s = 2\n{limits}')
    queues.write_text(text, encoding="utf-8")
    (config / "ivr" / "greeting.toml").write_text(SHORT_GREETING, encoding="utf-8")
    return config


HERE = Path(__file__).parent
STORY_S = 400

LIMITS = {
    "market": "max_wait_s = 4",
    "hr": "max_length = 1",
    "fund": "ring_s = 5\nmax_wait_s = 6",
    "transport": "join_empty = false",
}
"""12315 waits 4 s at most, 12333 holds one caller, 12329 rings 5 s and waits 6, 12328 turns away when nobody is in."""

LONG_WRAP_UP = "poverty"
"""961017, seat P001: half a minute."""

SHORT_GREETING = """\
id = "greeting"
name = "问候"
languages = ["zh", "en"]
start = "answer"

[nodes.answer]
kind = "answer"
next = "hello"

[nodes.hello]
kind = "play"
text = { zh = "您好", en = "Hello" }
next = "people"

[nodes.people]
kind = "queue"
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story on a machine five times slower needs more than an ordinary test, and tells more by giving up itself."""
    for item in items:
        if item.path.parent == HERE and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STORY_S))


@pytest.fixture
def quick_config(tmp_path: Path) -> Path:
    """The shipped configuration, quickened, for this story to change."""
    return quicken(tmp_path / "config")


@pytest.fixture
async def story(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Story]:
    """A whole hotline, running and ready."""
    site = await make_site(config_dir=quick_config)
    async with story_on(site) as told:
        yield told


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Child]]:
    """One Asterisk and one gateway for all stories that leave them whole."""
    config = quicken(tmp_path_factory.mktemp("hotline") / "config")
    with short_folder() as folder:
        site = Site.free(folder, config_dir=config)
        try:
            site.start()
            with gateway_on(site) as gateway:
                yield site, gateway
        finally:
            site.stop()


@pytest.fixture
async def hotline(running_site: tuple[Site, Child]) -> AsyncIterator[Story]:
    """A story on the session's hotline; afterwards all seats are signed out and the line is quiet again."""
    site, gateway = running_site
    async with visit(site, gateway) as told:
        yield told


@pytest.fixture(scope="session")
def plays(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Played]]:
    """Where the session's one play is recorded, and the play once there was one."""
    return tmp_path_factory.mktemp("play"), []


@pytest.fixture
async def played(running_site: tuple[Site, Child], plays: tuple[Path, list[Played]]) -> Played:
    """`gateway demo` has played on the hotline, recorded: once a session, told of by several stories."""
    folder, done = plays
    if not done:
        async with visit(*running_site) as told:
            done.append(await play(told, folder))
    return done[0]
