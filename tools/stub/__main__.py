"""Run the stub in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tools.stub.backend import Backend, Settings
from tools.stub.server import serve


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.stub",
        description="S3 and STS on the loopback interface. Prints the endpoint, and serves until it is stopped.",
    )
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0, the default, is any free port")
    parser.add_argument("--mode", choices=("store", "discard"), default="store", help="keep bodies, or only count them")
    parser.add_argument("--no-verify", action="store_true", help="with discard: take a client's word for CRC-32")
    parser.add_argument("--no-record", action="store_true", help="count requests, keep none")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before an answer's first byte")
    parser.add_argument("--bandwidth", type=float, metavar="BYTES", help="a second, for each connection and direction")
    parser.add_argument("--session-seconds", type=float, metavar="SECONDS", help="the life of credentials from STS")
    parser.add_argument("--until-eof", action="store_true", help="serve until standard input ends, too")
    parser.add_argument("--seed", type=int, default=0, help="of faults that have a probability")
    arguments = parser.parse_args()
    try:
        settings = Settings(
            mode=arguments.mode,
            verify=not arguments.no_verify,
            latency=arguments.latency,
            bandwidth=arguments.bandwidth,
            record=not arguments.no_record,
            session_seconds=arguments.session_seconds,
            seed=arguments.seed,
        )
    except ValueError as error:
        parser.error(str(error))
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # which a shell takes from what it starts in the background
    try:
        asyncio.run(_run(settings, arguments.port, until_eof=arguments.until_eof))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"error: cannot listen on port {arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings, port: int, *, until_eof: bool) -> None:
    serving = asyncio.ensure_future(serve(Backend(settings), port, lambda endpoint: print(endpoint, flush=True)))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, serving.cancel)
    if until_eof:  # whoever started this holds the other end, and is gone when it closes
        loop.add_reader(sys.stdin, serving.cancel)
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()


if __name__ == "__main__":
    sys.exit(main())
