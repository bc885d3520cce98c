"""Clients that ask at the same moment, each on a connection of its own that has been used before."""

import asyncio
import re
import time

PATIENCE_SECONDS = 30
LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)


class Failed(Exception):
    """Something else came than the answer that was asked for."""


class Caller(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.waiting = None

    def ask(self, path):
        """A future: the content, when it came."""
        self.waiting = asyncio.get_running_loop().create_future()
        self.received = b""
        self.transport.write(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
        return self.waiting

    def data_received(self, data):
        at = time.perf_counter()
        self.received += data
        head, end, content = self.received.partition(b"\r\n\r\n")
        if not end or self.waiting is None or self.waiting.done():
            return
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None:
            self.waiting.set_exception(Failed(f"an answer begins with {head[:60]!r}"))
        elif len(content) >= int(length[1]):
            self.waiting.set_result((content, at))

    def connection_lost(self, error):
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(Failed("a connection was closed before the answer was whole"))


class Crowd:
    def __init__(self, callers):
        self.callers = callers

    @classmethod
    async def gather(cls, port, number):
        """So many callers. Each has had an answer, so that no connection is yet to be made or accepted."""
        loop = asyncio.get_running_loop()
        crowd = cls([(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in range(number)])
        await crowd.ask("/quick/first")
        return crowd

    async def ask(self, path):
        """How long each waited, in seconds, shortest first; for the same path at the same moment."""
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = await asyncio.gather(*[caller.ask(path) for caller in self.callers])
        if len({content for content, _ in answers}) != 1:
            raise Failed("not everybody was given the same")
        return sorted(at - begun for _, at in answers)

    async def ask_all(self, paths):
        """Each path once, by whoever is free."""
        left = iter(paths)

        async def one(caller):
            for path in left:
                await caller.ask(path)
        await asyncio.gather(*[one(caller) for caller in self.callers])

    def leave(self):
        for caller in self.callers:
            caller.transport.abort()
