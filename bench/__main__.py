"""`python -m bench`: the benchmarks, in a process that ends with this one and with everything that it starts.

The commands that are measured have no supervisor of their own: it would be measured with them.
"""

from __future__ import annotations

import signal
import sys

from tools.process import Process


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends as Ctrl-C does
    with Process([sys.executable, "-m", "bench.command", *sys.argv[1:]]) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            return process.wait()


if __name__ == "__main__":
    sys.exit(main())
