"""CMPP 2.0 and 3.0, China Mobile's protocol between its gateway (ISMG) and a service (SP)."""
