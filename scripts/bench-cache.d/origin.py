"""The service behind the caches: slow, and it counts what reaches it.

usage: origin.py PORT

What it answers depends on the first segment of the path; the rest makes keys.
"""

import asyncio
import collections
import sys

DELAY_SECONDS = 0.3
CONTENT = b"x" * 1024
FIELDS = {  # path: (Cache-Control, seconds)
    b"kept": (b"public, max-age=86400", DELAY_SECONDS),
    b"never": (b"no-store", DELAY_SECONDS),
    b"aged": (b"public, max-age=1, stale-while-revalidate=3600", DELAY_SECONDS),
    b"entry": (b"public, max-age=86400", 0),
    b"quick": (b"no-store", 0),
}
COUNT = b"/arrived"  # followed by a path: how many requests for it have arrived

arrived = collections.Counter()


class Origin(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.received = b""

    def data_received(self, data):
        self.received += data
        while b"\r\n\r\n" in self.received:  # only requests without content are asked of it
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            self.asked(head.split(b" ", 2)[1])

    def asked(self, path):
        if path.startswith(COUNT):
            self.answer(b"no-store", b"%d" % arrived[path.removeprefix(COUNT)])
            return
        arrived[path] += 1
        control, seconds = FIELDS.get(path.split(b"/")[1], (b"no-store", 0))
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self.answer, control, CONTENT)
        else:
            self.answer(control, CONTENT)

    def answer(self, control, content):
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: %s\r\n"
                                 b"Content-Length: %d\r\n\r\n%s" % (control, len(content), content))


async def main(port):
    server = await asyncio.get_running_loop().create_server(Origin, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
