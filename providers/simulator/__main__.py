"""``python -m providers.simulator --port 9100``: runs the simulated APIs alone, in the foreground."""

import argparse
import logging
import signal
import threading
from pathlib import Path

from providers.simulator.catalogue import all_simulators
from providers.simulator.server import Simulator
from providers.simulator.world import World


def main() -> None:
    """Serve until interrupted."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    simulator = Simulator(
        all_simulators(),
        host=options.host,
        port=options.port,
        world=World(speed=options.speed, seed=options.seed, delay=options.delay),
        access_log=options.access_log,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    simulator.start()
    print(f"Simulated providers listen at {simulator.url}; instructions: {simulator.url}/_simulator/", flush=True)
    ended.wait()
    simulator.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m providers.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--access-log", type=Path, help="append one line a call to this file")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how many times faster than the clock scenarios change"
    )
    parser.add_argument("--delay", type=float, default=0.0, help="seconds of delay before every answer")
    parser.add_argument("--seed", type=int, default=0, help="selects the people of the demonstration cases")
    return parser.parse_args()


if __name__ == "__main__":
    main()
