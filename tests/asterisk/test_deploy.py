from __future__ import annotations

import os
import stat

import pytest

from gateway.asterisk.deploy import diff, needs_restart, reload_plan, write, write_atomic


def test_only_changed_files_are_written(tmp_path):
    write({"a.conf": "1\n", "b.conf": "1\n"}, tmp_path / "etc")
    before = {name: (tmp_path / "etc" / name).stat().st_ino for name in ("a.conf", "b.conf")}
    done = write({"a.conf": "1\n", "b.conf": "2\n"}, tmp_path / "etc")
    assert done.changed == ("b.conf",)
    assert (tmp_path / "etc" / "a.conf").stat().st_ino == before["a.conf"]
    assert (tmp_path / "etc" / "b.conf").read_text() == "2\n"


def test_files_are_for_their_owner_only_and_nothing_is_left_beside_them(tmp_path):
    write({"manager.conf": "x\n"}, tmp_path)
    assert stat.S_IMODE((tmp_path / "manager.conf").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["manager.conf"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    write_atomic(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", lambda _handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomic(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_dialplan_is_reloaded_after_what_it_names_and_manager_last():
    plan = reload_plan({"manager.conf", "extensions.conf", "queues.conf", "queuerules.conf", "pjsip.conf"})
    assert plan == ["res_pjsip.so", "app_queue.so", "pbx_config.so", "manager"]
    assert reload_plan([]) == []


def test_what_asterisk_never_reads_again_asks_for_a_restart():
    assert needs_restart(["pjsip_transports.conf", "queues.conf", "modules.conf"]) == [
        "modules.conf",
        "pjsip_transports.conf",
    ]


def test_a_diff_shows_changes_but_no_password(tmp_path):
    write({"pjsip.conf": "[8001]\npassword = oldsecret\nlanguage = zh\n"}, tmp_path)
    shown = diff({"pjsip.conf": "[8001]\npassword = newsecret\nlanguage = en\n"}, tmp_path)
    assert "-language = zh" in shown
    assert "+language = en" in shown
    assert "+password = (hidden)" in shown
    assert "oldsecret" not in shown
    assert "newsecret" not in shown
    assert diff({"pjsip.conf": (tmp_path / "pjsip.conf").read_text()}, tmp_path) == ""
