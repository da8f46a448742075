"""Python imports this by itself when the folder is on PYTHONPATH: with LATE_SEED set, all processes hear late."""

import os

if os.environ.get("LATE_SEED", "0") != "0":
    from late_loop import install  # type: ignore[import-not-found]

    install(int(os.environ["LATE_SEED"]))
