"""SMGP 3.0, China Telecom's protocol between its gateway (SMGW) and a service (SP)."""
