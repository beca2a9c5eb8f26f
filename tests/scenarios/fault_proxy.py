"""
A proxy on the loopback that does to requests what bad networks do.

It is the network between a phone and the service: answers are lost after the service has acted,
uploads break off, a hotel's page answers instead. Each request has a connection of its own.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
CHUNK = 4096
STATUS = slice(9, 12)  # of "HTTP/1.1 200 OK"
PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 29\r\n"
    b"Connection: close\r\n\r\n<html>Please sign in.</html>\r\n"
)


@dataclass
class Faults:
    """
    How bad the network is; it may be changed while it runs.

    Parameters
    ----------
    lose
        The probability that an answer is lost on its way back, from 0 to 1.
    cut
        The probability that an upload breaks off.
    cut_after
        After how many bytes, the head of the request among them.
    portal
        The probability that a hotel's page answers, and the service hears nothing.
    delay
        Seconds before anything is passed on.
    rate
        Bytes a second that pass upwards; as many as come if 0.
    """

    lose: float = 0.0
    cut: float = 0.0
    cut_after: int = 0
    portal: float = 0.0
    delay: float = 0.0
    rate: int = 0


@dataclass
class FaultProxy:
    """
    The proxy.

    Parameters
    ----------
    upstream
        Port of the service.
    faults
        How bad it is.
    chance
        What decides on each request.
    port
        Where it listens.
    told
        How many answers were passed on, and how many requests met which fault.
    statuses
        What the service answered, also where nobody heard it.
    """

    upstream: int
    faults: Faults
    chance: random.Random
    port: int = 0
    told: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on, and its answer back, or do to them what networks do."""
        with suppress(OSError):
            fate, answer = await self._fated(reader)
            self.told[fate] += 1
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def _fated(self, reader: asyncio.StreamReader) -> tuple[str, bytes]:
        """Return what became of a request, and what of the answer is to be passed on."""
        await asyncio.sleep(self.faults.delay)
        if self._happens(self.faults.portal):
            await reader.readuntil(b"\r\n\r\n")
            return "portal", PORTAL
        after = self.faults.cut_after if self._happens(self.faults.cut) else None
        back, forth = await asyncio.open_connection(HOST, self.upstream)
        sending = asyncio.create_task(_pump(reader, forth, after, self.faults.rate))
        answer = b""
        with suppress(OSError):
            answer = await back.read()  # to its end: the service closes
        sending.cancel()
        if answer:
            self.statuses[int(answer[STATUS])] += 1
        forth.close()
        if after is not None:
            return "cut", b""
        return ("lost", b"") if self._happens(self.faults.lose) else ("passed", answer)

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, after: int | None, rate: int
) -> None:
    """Pass bytes on, so many a second, until there are none, or break off after so many."""
    left = after
    with suppress(OSError):
        while left is None or left > 0:
            piece = await reader.read(CHUNK if left is None else min(CHUNK, left))
            if not piece:
                return
            await asyncio.sleep(len(piece) / rate if rate else 0)
            writer.write(piece)
            await writer.drain()
            left = None if left is None else left - len(piece)
        writer.close()


@contextmanager
def fault_proxy(upstream: int, faults: Faults, seed: int = 0) -> Iterator[FaultProxy]:
    """
    Run a proxy in a thread of its own.

    Parameters
    ----------
    upstream
        Port of the service on the loopback.
    faults
        How bad the network is.
    seed
        Of chance.
    """
    proxy = FaultProxy(upstream, faults, random.Random(seed))  # noqa: S311 - of a test
    ready, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        server = await asyncio.start_server(proxy.serve, HOST, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    if not ready.wait(10):
        msg = "the proxy did not start"
        raise RuntimeError(msg)
    try:
        yield proxy
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
