"""The agent's workspace at ten thousand and at a million tickets: `make bench`.

    python -m tests.benchmarks.workspace [--sizes 10000,1000000] [--seconds 4]

Makes the houses (kept under var/bench), starts the product's web server on each, and prints for every page the time at
1 and 8 clients, requests a second, queries and bytes, each beside an empty view of the same server, and the large house
beside the small one. Writes the same as JSON to var/bench/workspace.json. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import houses
from tests.benchmarks.load import Figures, measure
from ticketdesk.embedded import Servers

SETTINGS = "tests.benchmarks.floor"
FLOOR = "floor"


def main() -> None:
    """Each size in a process of its own, since Django speaks to one database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--without-search", action="store_true", help="do not fill its index, do not ask it")
    parser.add_argument("--house", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.house:
        print(json.dumps(measure_house(chosen.seconds, with_search=not chosen.without_search)))
        return
    servers = Servers(houses.VAR_DIR)
    servers.start()
    try:
        found = {}
        for size in (int(text) for text in chosen.sizes.split(",")):
            name = houses.ensure_house(size, with_search=not chosen.without_search)
            done = subprocess.run(
                [sys.executable, "-m", __spec__.name, "--house", name, "--seconds", str(chosen.seconds)]
                + ["--without-search"] * chosen.without_search,
                env=houses.environment(name) | {"DJANGO_SETTINGS_MODULE": SETTINGS},
                stdout=subprocess.PIPE,
                check=True,
            )
            found[size] = json.loads(done.stdout.splitlines()[-1])
            show(size, found[size])
        if len(found) > 1:
            compare(found)
        out = houses.VAR_DIR / "workspace.json"
        out.write_text(json.dumps(found, indent=1))
        print(f"\nAll figures: {out}")
    finally:
        servers.stop()


# --- one house -------------------------------------------------------------------------------------------------------


def measure_house(seconds: float, *, with_search: bool = True) -> dict[str, dict[str, dict[str, Any]]]:
    """Page to clients to figures."""
    import django

    django.setup()
    from tests.benchmarks import scenes

    cookie, pages = scenes.agent_cookie(), scenes.pages()
    if not with_search:
        pages = {name: path for name, path in pages.items() if not name.startswith("search")}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with web_server() as port:
        for name, path in {FLOOR: "/floor/", **pages}.items():
            found[name] = {
                str(clients): measure(port, cookie, path, clients=clients, seconds=seconds).as_dict()
                for clients in (1, 8)
            }
    found |= scenes.acts()
    return found


@contextmanager
def web_server() -> Iterator[int]:
    """The product's own web server, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    log = houses.VAR_DIR / "log" / "bench-web.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PORT": str(port), "LOG_LEVEL": "WARNING", "SITE_URL": f"http://localhost:{port}"}
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=houses.ROOT,
        env=environment,
        check=True,
        stdout=sys.stderr,
    )
    with log.open("wb") as out:
        web = subprocess.Popen(
            [sys.executable, "manage.py", "web"], cwd=houses.ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/live", web, log)
        yield port
    finally:
        web.terminate()
        web.wait(30)


def wait_for(url: str, web: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers. Raises RuntimeError with the server's last words."""
    end = time.monotonic() + 60
    while time.monotonic() < end and web.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web server did not start:\n{log.read_text()[-3000:]}")


# --- what is printed -------------------------------------------------------------------------------------------------


def show(size: int, found: dict[str, dict[str, dict[str, Any]]]) -> None:
    """A table: times in milliseconds, and how many floors high they are."""
    print(f"\n{size:,} tickets")
    print(
        f"{'page':26}{'p50':>8}{'p95':>8}{'x floor':>9}   | 8 clients {'p50':>8}{'p95':>8}{'req/s':>8}{'x floor':>9}",
        end="",
    )
    print(f"{'queries':>9}{'kB':>7}")
    floor = found[FLOOR]
    for name, figures in found.items():
        one, eight = figures["1"], figures.get("8")
        line = f"{name:26}{one['p50']:8.1f}{one['p95']:8.1f}{one['p50'] / floor['1']['p50']:9.1f}   | {'':9} "
        if eight:
            times = floor["8"]["p50"]
            line += f"{eight['p50']:8.1f}{eight['p95']:8.1f}{eight['per_second']:8.0f}{eight['p50'] / times:9.1f}"
        else:
            line += " " * 33
        print(f"{line}{one['queries']:9}{one['bytes'] / 1000:7.1f}")


def compare(found: dict[int, dict[str, dict[str, dict[str, Any]]]]) -> None:
    """How much more the largest house costs than the smallest."""
    small, large = min(found), max(found)
    print(f"\n{large:,} tickets as against {small:,}: p50 at 1 and 8 clients")
    for name in found[large]:
        if name in found[small]:
            ratios = [found[large][name][n]["p50"] / found[small][name][n]["p50"] for n in found[large][name]]
            print(f"{name:26}" + "".join(f"{ratio:8.2f}" for ratio in ratios))


__all__ = ["Figures", "main"]

if __name__ == "__main__":
    main()
