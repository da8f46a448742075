"""FastAGI: the part of a call in which Asterisk asks us what to do.

``wire`` knows the bytes, ``session`` one connection, ``server`` all of them, ``line`` is the IVR's port over a session.
"""
