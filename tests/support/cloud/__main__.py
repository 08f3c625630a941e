"""Run the double in a process of its own. It prints its endpoint, and ends when its standard input does."""

from __future__ import annotations

import os
import sys
import threading

from tests.support.cloud.proxy import Proxy


def _end_with_input() -> None:
    """Whoever started this holds the other end of the pipe, and is gone when it closes."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    Proxy().serve(lambda endpoint: print(endpoint, flush=True))
