"""Tickets: from a call or a message to the one normalised record, and the ports that this needs."""
