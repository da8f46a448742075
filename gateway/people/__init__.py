"""Who is on duty: the roster, its import, hand-over notes. Pure."""
