"""The statements about figures: the rows that they are counted from, packs, cells and marks (tables_figures.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.expression import ColumnElement

from gateway.kpi.counting import SHORT_MS, WITHIN_MS
from gateway.kpi.packs import CUBES
from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.driver import Sql
from gateway.ledger.tables import calls, tickets, transfers
from gateway.ledger.tables_figures import agent_times, figure_cells, figure_head, figure_marks, figure_packs

_SINCE, _UNTIL = bindparam("since", type_=calls.c.started_at.type), bindparam("until", type_=calls.c.started_at.type)
_FIRST, _LAST = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
_ASKED = calls.c.queued_at.is_not(None)
_ANSWERED = and_(
    calls.c.direction == literal_column("'in'"),
    _ASKED,
    calls.c.answered_at.is_not(None),
    or_(calls.c.talk_s.is_(None), calls.c.talk_s > literal_column("0"), calls.c.hold_s > literal_column("0")),
)
"""As ``gateway.kpi.counting`` counts them."""
_SHORT = and_(
    calls.c.outcome.in_([literal_column("'abandoned_queue'"), literal_column("'abandoned_ringing'")]),
    calls.c.wait_s < literal_column(str(SHORT_MS / 1000)),
)


class FigureStatements(Compiling):
    """A part of ``Statements``."""

    def _of_figures(self) -> None:
        self._counted_rows()
        self._kept_figures()
        self._figure_searches: dict[tuple[str, frozenset[str]], Sql] = {}

    def _counted_rows(self) -> None:
        c, t, x, w = calls.c, tickets.c, transfers.c, agent_times.c
        call = (c.started_at, c.queued_at, c.answered_at, c.ended_at, c.wait_s, c.talk_s, c.hold_s, c.wrap_s, c.outcome,
                c.direction, c.queue, c.agent, c.entry_number)  # fmt: skip
        arrived = (c.started_at >= _SINCE, c.started_at < _UNTIL)
        self.counted_calls = self._sql(select(*call).where(*arrived))
        self.counted_calls_of = self._sql(select(*call).where(*arrived, c.agent == bindparam("agent")))
        ticket = (t.received_at, t.channel, t.queue, t.agent_id, t.entry_number, t.area_code, t.category, t.state,
                  t.sent_at, t.first_response_at, t.satisfaction, t.talk_s, t.hold_s, t.wrap_s, c.call_id,
                  c.ended_at)  # fmt: skip
        called = tickets.outerjoin(calls, and_(t.call_id == c.call_id, t.call_id != literal_column("''")))
        received = (t.received_at >= _SINCE, t.received_at < _UNTIL)
        self.counted_tickets = self._sql(select(*ticket).select_from(called).where(*received))
        its = and_(t.agent_id == bindparam("agent"), t.agent_id != literal_column("''"))
        self.counted_tickets_of = self._sql(select(*ticket).select_from(called).where(*received, its))
        transfer = (x.started_at, x.partner, x.agent, x.outcome, c.queue, c.entry_number)
        of_call = transfers.outerjoin(calls, x.call_id == c.call_id)
        began = (x.started_at >= _SINCE, x.started_at < _UNTIL)
        self.counted_transfers = self._sql(select(*transfer).select_from(of_call).where(*began))
        mine = x.agent == bindparam("agent")
        self.counted_transfers_of = self._sql(select(*transfer).select_from(of_call).where(*began, mine))
        self.counted_times = self._sql(select(agent_times).where(w.quarter >= _FIRST, w.quarter <= _LAST))
        insert = self._insert(agent_times)
        done = [column for column in agent_times.columns if not column.primary_key]
        more = {column.name: column + insert.excluded[column.name] for column in done}
        self.add_agent_time = self._sql(insert.on_conflict_do_update(index_elements=[w.quarter, w.agent], set_=more))

    def _kept_figures(self) -> None:
        m, p, k, h = figure_marks.c, figure_packs.c, figure_cells.c, figure_head.c
        marked = (m.quarter >= _FIRST, m.quarter <= _LAST)
        newest = select(m.quarter, m.n).where(*marked).order_by(m.quarter.desc(), m.n).limit(LIMIT)
        self.figure_marks = self._sql(newest)
        self.drop_mark = self._sql(
            delete(figure_marks).where(m.quarter == bindparam("quarter_"), m.n == bindparam("n_"))
        )
        due = p.due_at < bindparam("at_", type_=p.due_at.type)
        self.figures_due = self._sql(select(p.quarter).where(p.due_at.is_not(None), due).order_by(p.quarter.desc()))
        self.figure_packs = self._sql(select(p.quarter, p.data).where(p.quarter >= _FIRST, p.quarter <= _LAST))
        self.put_figure_pack = self._upsert(figure_packs)
        self.put_figure_cell = self._upsert(figure_cells)
        cubes = k.cube.in_([literal_column(f"'{cube}'") for cube in CUBES])
        cell = (k.cube, k.queue, k.agent, k.entry, k.topic, k.data)
        at = (k.span == bindparam("span"), k.at == bindparam("at_", type_=BigInteger))
        self.figure_cells_at = self._sql(select(*cell).where(cubes, *at))
        self.figure_head = self._sql(select(h.version, h.rules))
        expected = (h.name == bindparam("name_"), h.version == bindparam("version_", type_=BigInteger))
        self.move_figures = self._sql(
            update(figure_head).where(*expected).values(version=h.version + literal_column("1")).returning(h.version)
        )
        self._figures_forgotten()

    def _figures_forgotten(self) -> None:
        p, k, h = figure_packs.c, figure_cells.c, figure_head.c
        insert = self._insert(figure_head)
        moved = {"version": h.version + literal_column("1"), "rules": insert.excluded.rules}
        self.put_figure_head = self._sql(insert.on_conflict_do_update(index_elements=[h.name], set_=moved))
        packed = select(p.quarter, bindparam("n", type_=BigInteger))
        marks = self._insert(figure_marks).from_select(["quarter", "n"], packed.where(literal_column("1 = 1")))
        self.mark_all_packs = self._sql(marks.on_conflict_do_nothing())
        self.drop_packs = self._sql(delete(figure_packs))
        key = (k.cube, k.span, k.at, k.queue, k.agent, k.entry, k.topic)
        some = select(*key).limit(LIMIT)
        self.drop_some_cells = self._sql(delete(figure_cells).where(tuple_(*key).in_(some)).returning(k.at))

    def figure_cells_where(self, names: frozenset[str]) -> Sql:
        """Cells of one cube and span in a stretch of time, with columns that have given values."""
        key = ("cells", names)
        if key not in self._figure_searches:
            k = figure_cells.c
            where = [k.cube == bindparam("cube"), k.span == bindparam("span")]
            where += [k.at >= _FIRST, k.at < _LAST]
            where += [k[name] == bindparam(f"{name}_") for name in sorted(names)]
            some = select(k.at, k.queue, k.agent, k.entry, k.topic, k.data).where(*where)
            self._figure_searches[key] = self._sql(some)
        return self._figure_searches[key]

    def search_figure_calls(self, given: frozenset[str]) -> Sql:
        """The calls behind a figure, newest first; what may be given is in ``_call_conditions``."""
        key = ("calls", given)
        if key not in self._figure_searches:
            where = [_call_conditions()[name] for name in sorted(given)]
            order = [calls.c.started_at.desc(), calls.c.call_id.desc()]
            self._figure_searches[key] = self._sql(select(calls).where(*where).order_by(*order).limit(LIMIT))
        return self._figure_searches[key]


def _call_conditions() -> Mapping[str, ColumnElement[Any]]:
    c = calls.c
    after = tuple_(bindparam("after_at", type_=c.started_at.type), bindparam("after_id", type_=c.call_id.type))
    lost = and_(c.direction == literal_column("'in'"), _ASKED, c.ended_at.is_not(None), not_(_ANSWERED))
    return {
        "since": c.started_at >= _SINCE,
        "until": c.started_at < _UNTIL,
        "queue": c.queue == bindparam("queue"),
        "no_queue": func.coalesce(c.queue, literal_column("''")) == literal_column("''"),
        "agent": c.agent == bindparam("agent"),
        "no_agent": func.coalesce(c.agent, literal_column("''")) == literal_column("''"),
        "entry_number": c.entry_number == bindparam("entry_number"),
        "answered": _ANSWERED,
        "late": and_(_ANSWERED, c.wait_s > literal_column(str(WITHIN_MS / 1000))),
        "requested": or_(_ANSWERED, lost),
        "lost": lost,
        "short": and_(_ASKED, c.ended_at.is_not(None), not_(_ANSWERED), _SHORT),
        "cause": c.outcome == bindparam("cause"),
        "after": tuple_(c.started_at, c.call_id) < after,
    }
