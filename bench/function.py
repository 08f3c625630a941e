"""Do what Lambda does with a function: import its handler, and invoke it. A program of its own, for a fresh process.

Standard input has a JSON object: ``modules``, whose ``handler`` is invoked; ``warm_up``, an event for each of them, or
null; ``event``; and ``times``, how often each is invoked with it, in turn. The answer is on standard output.
"""

import importlib
import json
import logging
import sys
import time


class Context:
    """What Lambda tells the handler of an invocation: here, that there is time enough."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def main() -> None:
    asked = json.load(sys.stdin)
    # As the module sets the function up: what is logged is written, though nobody reads it here.
    logging.basicConfig(level=logging.INFO, stream=open("/dev/null", "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    context = Context()
    started = {}
    handlers = {}
    seconds: dict[str, list[float]] = {}
    cpu_seconds: dict[str, list[float]] = {}
    for module in asked["modules"]:
        started[module] = (time.perf_counter(), time.process_time())
        handlers[module] = importlib.import_module(module).handler
        seconds[module], cpu_seconds[module] = [], []
        if asked["warm_up"] is not None:
            handlers[module](asked["warm_up"], context)
    first: dict[str, tuple[float, float]] = {}
    for _ in range(asked["times"]):
        for module, handler in handlers.items():
            wall, cpu = time.perf_counter(), time.process_time()
            handler(asked["event"], context)
            ended_wall, ended_cpu = time.perf_counter(), time.process_time()
            seconds[module].append(ended_wall - wall)
            cpu_seconds[module].append(ended_cpu - cpu)
            first.setdefault(module, (ended_wall - started[module][0], ended_cpu - started[module][1]))
    json.dump(
        {
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "first": first,  # from the import to the first answer: seconds, and seconds of CPU
            "peak_bytes": _peak_bytes(),
        },
        sys.stdout,
    )


def _peak_bytes() -> int:
    # Not getrusage: its peak begins with that of the process that started this one.
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
