from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.settings.model import TABLES, GatewayConfig, Settings


def test_every_table_of_the_file_is_a_part_of_the_settings():
    assert set(TABLES) <= set(Settings.__dataclass_fields__)


def test_every_table_has_defaults_for_all_of_its_keys():
    for model in TABLES.values():
        model()


@pytest.mark.parametrize("path", ["", "a\nb", "a;b", "x" * 201])
def test_a_state_directory_that_asterisk_could_not_read_is_refused(path):
    with pytest.raises(ValidationError):
        GatewayConfig(state_dir=path)
