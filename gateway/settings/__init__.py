"""The configuration of one gateway: read from config/*.toml and the environment, judged as a whole, then frozen.

``load`` lists every error at once; ``load_secrets`` keeps what must not stand in a configuration.
"""

from __future__ import annotations

from gateway.settings.errors import ConfigError, ConfigErrors
from gateway.settings.keys import Secrets, SecretsRefused, find_secret, load_secrets
from gateway.settings.load import load
from gateway.settings.model import GatewayConfig, LogConfig, Settings
from gateway.settings.refs import SecretMissing

__all__ = [
    "ConfigError",
    "ConfigErrors",
    "GatewayConfig",
    "LogConfig",
    "SecretMissing",
    "Secrets",
    "SecretsRefused",
    "Settings",
    "find_secret",
    "load",
    "load_secrets",
]
