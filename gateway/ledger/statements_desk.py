"""The statements about drafts and the watch list. A draft's revision that is not newer than the row's changes nothing,
so a saving that was overtaken on its way does no harm.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables import drafts, watches


class DeskStatements(Compiling):
    """A part of ``Statements``."""

    def _at_desk(self) -> None:
        self._drafts()
        self._watches()

    def _drafts(self) -> None:
        d = drafts.c
        insert = self._insert(drafts)
        changed = {one.name: insert.excluded[one.name] for one in drafts.columns if one.name != "key"}
        newer = insert.on_conflict_do_update(
            index_elements=[d.key], set_=changed, where=insert.excluded.revision > d.revision
        )
        self.put_draft = self._sql(newer.returning(d.revision))
        self.draft = self._sql(select(drafts).where(d.key == bindparam("key")))
        self.drop_draft = self._sql(delete(drafts).where(d.key == bindparam("key")).returning(d.key))
        before = bindparam("before", type_=d.at.type)
        self.drop_drafts = self._sql(delete(drafts).where(d.at < before).returning(d.key))
        mine = select(drafts).where(d.author == bindparam("author")).order_by(d.at.desc(), d.key)
        self.drafts_of = self._sql(mine.limit(LIMIT))

    def _watches(self) -> None:
        w = watches.c
        insert = self._insert(watches)
        # The id stays: a page that holds it can still take the watch back.
        changed = {one.name: insert.excluded[one.name] for one in watches.columns if one.name not in _FIXED}
        put = insert.on_conflict_do_update(index_elements=[w.number], set_=changed)
        self.put_watch = self._sql(put.returning(w.id))
        self.watch = self._sql(select(watches).where(w.number == bindparam("number")))
        self.drop_watch = self._sql(delete(watches).where(w.id == bindparam("id_")).returning(*w))
        self.watches = self._sql(select(watches).order_by(w.at.desc(), w.id.desc()).limit(LIMIT))


_FIXED = ("number", "id")
