"""Fixtures of the mailroom's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mail_stage import Stage

from tests.mailservers import dovecot_server, make_postfix

__all__ = ["dovecot_server", "make_postfix"]


@pytest.fixture
def stage() -> Stage:
    return Stage()
