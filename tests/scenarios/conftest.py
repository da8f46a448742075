"""Stories run on sites of their own, with waits shortened so that a story takes seconds."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hall import Story, story_on

from tests.plugins.lab import MakeSite
from tools.lab.site import CONFIG


@pytest.fixture
def quick_config(tmp_path: Path) -> Path:
    """The shipped configuration with a short greeting and wrap-up: the stories are about what happens, not how long."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    queues = config / "queues.toml"
    text = queues.read_text(encoding="utf-8")
    assert "wrap_up_s" in text
    lines = [f"wrap_up_s = 2{line[line.index('#'):] if '#' in line else ''}" if line.startswith("wrap_up_s") else line
             for line in text.splitlines()]  # fmt: skip
    queues.write_text("\n".join(lines) + "\n", encoding="utf-8")
    greeting = config / "ivr" / "greeting.toml"
    greeting.write_text(SHORT_GREETING, encoding="utf-8")
    return config


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


@pytest.fixture
async def story(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Story]:
    """A whole hotline, running and ready."""
    site = await make_site(config_dir=quick_config)
    async with story_on(site) as told:
        yield told
