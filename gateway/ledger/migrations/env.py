"""Alembic runs this file for every command. The connection, already in a transaction, comes from
``gateway.ledger.migrate``; there is no offline mode.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
