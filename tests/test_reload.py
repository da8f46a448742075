"""Reloading: what is kept until a restart, what is refused whole, and what Asterisk still owes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.asterisk.ami.errors import ActionRefused, ActionTimeout, AmiError, LinkDown
from gateway.asterisk.ami.link import Link
from gateway.asterisk.prompts import PromptError
from gateway.asterisk.render import AsteriskPaths, RenderError, render, write
from gateway.asterisk.translate import EVENT_NAMES
from gateway.reload import Reloaded, ReloadRefused, apply_to_asterisk, installed_paths, with_fixed
from gateway.settings import Secrets, Settings, load, load_secrets
from tools.lab.site import CONFIG


class Orders:
    """Stands for the order link: keeps what it was asked and refuses the modules it is told to."""

    def __init__(self) -> None:
        self.reloaded: list[str] = []
        self.refuse: dict[str, AmiError] = {}

    async def send(self, action: Any, timeout: float = 5.0) -> None:
        assert 0 < timeout <= 30
        module = dict(action.headers)["Module"]
        self.reloaded.append(module)
        if (error := self.refuse.get(module) or self.refuse.get("*")) is not None:
            raise error


class Installed:
    """An Asterisk of ours below a state directory: its files are written, it does not run."""

    def __init__(self, folder: Path) -> None:
        self.settings = load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(folder)})
        self.secrets: Secrets = load_secrets(folder, self.settings)
        share = folder / "share"
        share.mkdir()
        self.paths = AsteriskPaths.under(folder / "asterisk", modules=folder / "modules", share=share, sbin=folder)
        self.paths.make()
        write(render(self.settings, self.secrets, self.paths, EVENT_NAMES), self.paths.etc)
        self.orders = Orders()
        self.owed: set[str] = set()

    async def apply(self, settings: Settings, waiting: tuple[str, ...] = ()) -> Reloaded:
        link = cast(Link, self.orders)
        return await apply_to_asterisk(settings, self.secrets, link, EVENT_NAMES, waiting, self.owed)

    def longer_ring(self) -> Settings:
        """The same with another ring time: queues.conf changes."""
        first, *others = self.settings.queues
        return replace(self.settings, queues=(first.model_copy(update={"ring_s": 77}), *others))

    def queues_conf(self) -> str:
        return (self.paths.etc / "queues.conf").read_text(encoding="utf-8")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    monkeypatch.setattr("gateway.reload.build_prompts", lambda *_: None)
    return Installed(tmp_path)


def changed(settings: Settings, table: str, **keys: object) -> Settings:
    return replace(settings, **{table: getattr(settings, table).model_copy(update=keys)})


# -- what waits for a restart ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("web", "port", 9000),
        ("web", "max_sockets", 7),
        ("web", "cookie_secure", True),
        ("ledger", "url", "postgresql://gateway@db/gateway"),
        ("bus", "kind", "redis"),
        ("log", "level", "debug"),
        ("gateway", "probe_every_s", 600),
        ("asterisk", "host", "10.1.1.1"),
        ("asterisk", "ami_port", 5039),
        ("asterisk", "agi_port", 4574),
        ("asterisk", "agi_host", "10.1.1.2"),
        ("asterisk", "http_port", 8089),
        ("asterisk", "softphone_url", "wss://12345.example.cn/ws"),
    ],
)
def test_what_is_read_once_at_the_start_is_named_and_kept_as_it_was(table: str, key: str, value: object) -> None:
    old = load(CONFIG, {})
    settled, waiting = with_fixed(old, changed(old, table, **{key: value}))
    assert waiting == [f"{table}.{key}"]
    assert getattr(settled, table) == getattr(old, table)


def test_the_state_directory_stays_where_it_is() -> None:
    old = load(CONFIG, {})
    settled, waiting = with_fixed(old, load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": "/elsewhere"}))
    assert waiting == ["gateway.state_dir"]
    assert (settled.state_dir, settled.gateway.state_dir) == (old.state_dir, old.gateway.state_dir)


def test_keys_beside_a_kept_one_are_taken() -> None:
    old = load(CONFIG, {})
    new = changed(changed(old, "asterisk", agi_port=4574, agi_guard_s=3), "gateway", name="新名")
    settled, waiting = with_fixed(old, new)
    assert waiting == ["asterisk.agi_port"]
    assert (settled.asterisk.agi_port, settled.asterisk.agi_guard_s, settled.gateway.name) == (4573, 3, "新名")


def test_a_kept_key_is_named_again_at_every_reload() -> None:
    old = load(CONFIG, {})
    new = changed(old, "web", port=9000)
    settled, _ = with_fixed(old, new)
    assert with_fixed(settled, new)[1] == ["web.port"]


def test_another_zone_waits_since_the_ledger_numbers_by_it() -> None:
    old = load(CONFIG, {})
    new = replace(old, halls=(old.halls[0].model_copy(update={"zone": "Asia/Urumqi"}), *old.halls[1:]))
    assert with_fixed(old, new)[1] == ["zone of the first hall"]


def test_nothing_changed_means_nothing_waits() -> None:
    old = load(CONFIG, {})
    assert with_fixed(old, load(CONFIG, {})) == (old, [])


# -- whose Asterisk ----------------------------------------------------------------------------------------------------


def test_the_paths_of_an_installed_asterisk_are_found_again(installed: Installed) -> None:
    assert installed_paths(installed.settings.state_dir / "asterisk") == installed.paths


def test_an_asterisk_that_is_not_ours_has_no_paths(tmp_path: Path) -> None:
    assert installed_paths(tmp_path) is None
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "asterisk.conf").write_text("[directories]\nastmoddir => /m\nastsbindir => /s\n")
    assert installed_paths(tmp_path) is None, "no documentation of ours beside it"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "documentation").symlink_to("/usr/share/asterisk/documentation")
    found = installed_paths(tmp_path)
    assert found is not None and (found.modules, found.share) == (Path("/m"), Path("/usr/share/asterisk"))
    (tmp_path / "etc" / "asterisk.conf").write_text("[directories]\nastmoddir => /m\n")
    assert installed_paths(tmp_path) is None, "half of it is not enough"
    (tmp_path / "etc" / "asterisk.conf").write_bytes(b"\xff\xfe not text")
    assert installed_paths(tmp_path) is None


async def test_without_an_asterisk_of_ours_only_the_node_reloads(tmp_path: Path) -> None:
    settings = load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path)})
    secrets = load_secrets(tmp_path, settings)
    orders = Orders()
    done = await apply_to_asterisk(settings, secrets, cast(Link, orders), EVENT_NAMES, ["web.port"], set())
    assert done == Reloaded((), ("web.port",)) and orders.reloaded == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets.toml"]


# -- Asterisk's part ---------------------------------------------------------------------------------------------------


async def test_only_what_changed_is_written_and_reloaded(installed: Installed) -> None:
    assert await installed.apply(installed.settings) == Reloaded((), ())
    done = await installed.apply(installed.longer_ring(), ("web.port",))
    assert done == Reloaded(("queues.conf",), ("web.port",))
    assert installed.orders.reloaded == ["app_queue.so"]
    assert "timeout = 77" in installed.queues_conf()


async def test_a_file_that_asterisk_never_reads_again_is_named(installed: Installed) -> None:
    done = await installed.apply(changed(installed.settings, "asterisk", sip_port=5099))
    assert "pjsip_transports.conf" in done.needs_restart


@pytest.mark.parametrize(
    "away",
    [LinkDown("not connected yet"), ActionTimeout("Reload", 10.0), ActionRefused("No such module", "Reload", {})],
)
async def test_a_module_that_did_not_take_its_file_is_owed_and_asked_again_at_the_next_reload(
    installed: Installed, away: AmiError
) -> None:
    installed.orders.refuse["*"] = away
    new = installed.longer_ring()
    done = await installed.apply(new)
    assert (done.changed, done.owed) == (("queues.conf",), ("app_queue.so",))
    installed.orders.refuse.clear()
    installed.orders.reloaded.clear()
    done = await installed.apply(new)
    assert (done.changed, done.owed, installed.orders.reloaded) == ((), (), ["app_queue.so"])
    assert (await installed.apply(new)).owed == () and installed.orders.reloaded == ["app_queue.so"]


async def test_one_module_that_refuses_does_not_keep_the_others_from_theirs(installed: Installed) -> None:
    installed.orders.refuse["app_queue.so"] = ActionRefused("busy", "Reload", {})
    done = await installed.apply(changed(installed.longer_ring(), "asterisk", agi_guard_s=3))
    assert set(done.changed) == {"queues.conf", "extensions.conf"}
    assert installed.orders.reloaded == ["app_queue.so", "pbx_config.so"]
    assert done.owed == ("app_queue.so",)


async def test_prompts_that_cannot_be_spoken_refuse_the_reload_before_anything_is_written(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PromptError("espeak-ng not found: apt-get install espeak-ng")

    monkeypatch.setattr("gateway.reload.build_prompts", fail)
    before = installed.queues_conf()
    with pytest.raises(ReloadRefused, match="apt-get install espeak-ng"):
        await installed.apply(installed.longer_ring())
    assert installed.queues_conf() == before and installed.orders.reloaded == []


async def test_what_cannot_be_rendered_refuses_the_reload_before_anything_is_written(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RenderError("queue name holds a ;")

    monkeypatch.setattr("gateway.reload.render", fail)
    before = installed.queues_conf()
    with pytest.raises(ReloadRefused, match="holds a ;"):
        await installed.apply(installed.longer_ring())
    assert installed.queues_conf() == before


async def test_a_disk_that_refuses_leaves_every_module_owed(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("gateway.reload.write", fail)
        await installed.apply(installed.longer_ring())
    await installed.apply(installed.settings)
    assert {"app_queue.so", "pbx_config.so", "manager"} <= set(installed.orders.reloaded)
    assert installed.orders.reloaded[-1] == "manager" and installed.owed == set()
