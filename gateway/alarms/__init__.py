"""Alarms of the hall: rules as data, and what becomes of one that is raised. Pure: facts, figures and time come in."""
