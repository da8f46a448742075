"""The statements about notices. Reading one is a single statement: of two clicks only the first is the reading."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, or_, select, update

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables_notices import notices


class NoticeStatements(Compiling):
    """A part of ``Statements``."""

    def _notices(self) -> None:
        n = notices.c
        self.put_notice = self._upsert(notices)
        now = bindparam("now", type_=n.until.type)
        still = and_(n.read_at.is_(None), or_(n.until.is_(None), n.until > now))
        unread = select(notices).where(n.agent == bindparam("agent"), still).order_by(n.at, n.id)
        self.unread_notices = self._sql(unread.limit(LIMIT))
        mine = and_(n.id == bindparam("id_"), n.agent == bindparam("of_agent"), n.read_at.is_(None))
        read = update(notices).where(mine).values(read_at=bindparam("read_at", type_=n.read_at.type))
        self.read_notice = self._sql(read.returning(*n))
        before = bindparam("before", type_=n.at.type)
        self.drop_notices = self._sql(delete(notices).where(n.at < before).returning(n.id))
