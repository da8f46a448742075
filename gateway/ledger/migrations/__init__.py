"""Alembic's environment and the numbered migrations; ``gateway.ledger.migrate`` runs them."""
