"""Fixtures of the bus's tests."""

from tests.servers import redis_server

__all__ = ["redis_server"]
