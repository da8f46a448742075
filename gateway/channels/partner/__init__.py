"""Tickets and feedback exchanged with partners (联动单位) over signed HTTP."""
