"""The whole gateway on PostgreSQL instead of SQLite: the same story, the same record."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import story_on

from tests.plugins.lab import MakeSite
from tests.servers import Postgres, fresh_database, postgres_server

__all__ = ["postgres_server"]

pytestmark = [pytest.mark.asterisk, pytest.mark.postgres]


async def test_on_postgresql_an_answered_call_survives_kill_9_of_the_gateway_with_one_ticket(
    make_site: MakeSite, quick_config: Path, postgres_server: Postgres
) -> None:
    url = await fresh_database(postgres_server)
    site = await make_site(config_dir=quick_config, overrides={"GATEWAY__LEDGER__URL": url})
    async with story_on(site) as story:
        await story.seat("A001", "1001")
        await story.citizen("wang")
        before = await story.call_when("wang", "is answered", lambda c: c["answered_at"] is not None)
        (ticket,) = await story.tickets()
        story.kill_gateway()
        await story.start_gateway()

        seat = await story.seat_view("A001")
        assert (seat["activity"], seat["agent"], seat["call_id"]) == ("talking", "1001", before["call_id"])
        story.hang_up("wang")
        after = await story.call_when("wang", "has ended", lambda c: c["ended_at"] is not None)
        assert (after["outcome"], after["ended_by"], after["seat"]) == ("answered", "caller", "A001")
        assert after["wait_s"] == before["wait_s"]
        assert after["talk_s"] > 0
        (same,) = await story.tickets()
        assert (same["ticket_no"], same["talk_s"]) == (ticket["ticket_no"], after["talk_s"])
        feed = await story.events()
        assert [int(event["sequence"]) for event in feed] == list(range(1, len(feed) + 1)), "no gap and no repetition"
        assert not (site.state_dir / "ledger.db").exists(), "the ledger is in PostgreSQL"
