"""Messages, their originals, attachments, conversations; replies, deliveries, followers; a ticket's other fields.

Tickets of before keep their rows: new columns have a default, personal fields that their sealed part does not know are
empty. The two indexes by number are made anew, by time and without the rows that have no number.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _attachments()
    _conversations()
    _dead_letters()
    _deliveries()
    _denials()
    _followers()
    _message_keys()
    _messages()
    _raws()
    _replies()
    _ticket_columns()
    _ticket_indexes()


def _index_of_known(name: str, table: str, columns: list[str], where: str) -> None:
    """An index without the rows in which ``where`` does not hold."""
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    _index_of_known("ix_attachments_due", "attachments", ["due_at"], "due_at IS NOT NULL")
    op.create_index("ix_attachments_message", "attachments", ["message_id"], unique=False)
    op.create_index("ix_attachments_ticket", "attachments", ["ticket_no"], unique=False)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sqlite_with_rowid=False,
    )


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("follower_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("follower_id", "sequence", name=op.f("pk_dead_letters")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    _index_of_known("ix_deliveries_answer", "deliveries", ["answer_by"], "answer_by IS NOT NULL")
    _index_of_known("ix_deliveries_due", "deliveries", ["due_at"], "due_at IS NOT NULL")
    _index_of_known("ix_deliveries_external", "deliveries", ["external_id", "channel", "account"], "external_id != ''")
    op.create_index("ix_deliveries_kind", "deliveries", ["kind", "created_at", "id"], unique=False)
    op.create_index("ix_deliveries_newest", "deliveries", ["created_at", "id"], unique=False)
    op.create_index("ix_deliveries_state", "deliveries", ["state", "created_at", "id"], unique=False)
    op.create_index("ix_deliveries_ticket", "deliveries", ["ticket_no"], unique=False)


def _denials() -> None:
    op.create_table(
        "denials",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sender_hash", sa.LargeBinary(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denials")),
    )
    op.create_index("ix_denials_newest", "denials", ["at", "id"], unique=False)
    op.create_index("ix_denials_sender", "denials", ["sender_hash"], unique=False)


def _followers() -> None:
    op.create_table(
        "followers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.Double(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followers")),
    )


def _message_keys() -> None:
    op.create_table(
        "message_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_message_keys")),
        sqlite_with_rowid=False,
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("raw_id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.Double(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_raw", "messages", ["raw_id"], unique=False)
    op.create_index("ix_messages_ticket", "messages", ["ticket_no"], unique=False)


def _raws() -> None:
    op.create_table(
        "raws",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raws")),
    )


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    op.create_index("ix_replies_ticket", "replies", ["ticket_no"], unique=False)


def _ticket_columns() -> None:
    op.add_column("tickets", sa.Column("sent_at", sa.Double(), nullable=True))
    op.add_column("tickets", sa.Column("urge_of", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("duplicate_of", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("related_nos", sa.Text(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("tickets", sa.Column("external_nos", sa.Text(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("tickets", sa.Column("subject_type", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("is_anonymous", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("need_callback", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("category_scheme", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("category_version", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("risk_level", sa.BigInteger(), nullable=True))
    op.add_column("tickets", sa.Column("crs", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("asset_id", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("limit_days", sa.BigInteger(), nullable=True))
    op.add_column("tickets", sa.Column("department", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("result", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("tickets", sa.Column("satisfaction", sa.BigInteger(), nullable=True))
    op.add_column("tickets", sa.Column("proposed", sa.Text(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("tickets", sa.Column("flags", sa.Text(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("tickets", sa.Column("user_hash", sa.LargeBinary(), nullable=True))


def _ticket_indexes() -> None:
    op.drop_index(op.f("ix_tickets_calling"), table_name="tickets")
    _index_of_known("ix_tickets_calling", "tickets", ["calling_hash", "received_at"], "calling_hash IS NOT NULL")
    op.drop_index(op.f("ix_tickets_contact"), table_name="tickets")
    _index_of_known("ix_tickets_contact", "tickets", ["contact_hash", "received_at"], "contact_hash IS NOT NULL")
    op.create_index("ix_tickets_area", "tickets", ["area_code", "day", "running"], unique=False)
    op.create_index("ix_tickets_category", "tickets", ["category", "day", "running"], unique=False)
    _index_of_known("ix_tickets_user", "tickets", ["user_hash", "received_at"], "user_hash IS NOT NULL")
