"""Browsers before the wallboard, in a process of their own, so that nothing that is measured waits for them.

`python -m tests.benchmarks.watching URL` reads a cookie a line, says "ready" when each has heard its first message, and
at the end of its input prints for each when it heard of each queue ("q1") and agent ("a1"), in monotonic seconds, and
how many messages came.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from functools import partial

from tests.benchmarks.sockets import Socket


async def watch(url: str, cookies: list[str]) -> None:
    """Until the input ends."""
    heard: list[dict[str, list[float]]] = [defaultdict(list) for _cookie in cookies]
    waits_for = set(range(len(cookies)))
    messages = 0
    all_in = asyncio.Event()

    def hear(watcher: int, moment: float, text: str) -> None:
        nonlocal messages
        messages += 1
        said = json.loads(text)
        for kind, found in (("q", said.get("queues", ())), ("a", said.get("agents", ()))):
            for one in found:
                heard[watcher][f"{kind}{one['id']}"].append(moment)
        waits_for.discard(watcher)
        if not waits_for:
            all_in.set()

    sockets = []
    for number, cookie in enumerate(cookies):
        socket = await Socket.open(url, cookie)
        socket.hear = partial(hear, number)
        sockets.append(socket)
    await asyncio.wait_for(all_in.wait(), 60)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for socket in sockets:
        await socket.close()
    print(json.dumps({"heard": heard, "messages": messages}))


if __name__ == "__main__":
    said = iter(sys.stdin.readline, "\n")
    asyncio.run(watch(sys.argv[1], [line.strip() for line in said]))
