"""One module for each family of Asterisk's configuration files; ``gateway.asterisk.render`` puts them together."""
