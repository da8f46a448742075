"""The voice flow: a graph of nodes in TOML, its checks, a pure step function and a runner over any ``Line``."""
