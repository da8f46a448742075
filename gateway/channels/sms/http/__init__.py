"""Generic SMS by HTTP: Kannel, and other gateways whose fields can be named in the configuration."""
