from __future__ import annotations

from gateway.asterisk.templates import base


def test_each_module_is_listed_once_and_nothing_loads_by_itself():
    rows = base.modules_conf().splitlines()
    modules = [row for row in rows if row.startswith("load = ")]
    assert "autoload = no" in rows
    assert len(modules) == len(set(modules)) == sum(len(names.split()) for names in base.MODULES.values())


def test_files_that_have_nothing_to_set_exist_all_the_same():
    files = base.quiet_files()
    assert "enable = no" in files["cdr.conf"]
    assert files["queuerules.conf"].startswith("; ")


def test_the_tones_are_chinas():
    assert "ring = 450/1000,0/4000" in base.indications_conf()
