"""The configuration of one gateway: read from config/*.toml and the environment, judged as a whole, then frozen.

``load`` lists every error at once; ``load_secrets`` keeps what must not stand in a configuration.
"""

from __future__ import annotations

from gateway.settings.errors import ConfigError, ConfigErrors
from gateway.settings.keys import Secrets, SecretsRefused, load_secrets
from gateway.settings.load import load
from gateway.settings.model import GatewayConfig, LogConfig, Settings

__all__ = [
    "ConfigError",
    "ConfigErrors",
    "GatewayConfig",
    "LogConfig",
    "Secrets",
    "SecretsRefused",
    "Settings",
    "load",
    "load_secrets",
]
