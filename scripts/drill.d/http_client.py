"""A client that believes nothing: HTTP/1.1 over asyncio, and only a whole, well-formed answer counts as one."""

import asyncio
import re
import ssl

MAXIMUM_HEAD = 64 * 1024
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [^\x00-\x08\x0a-\x1f\x7f]*\Z")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*\Z")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\Z")


class Failed(Exception):
    """There is no answer, or none that can be trusted. The text says why."""


class Answer:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields  # lower-case names; the values of repeated fields joined
        self.body = body


def unverified():
    """TLS with whatever certificate the proxy under test made for itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _line(reader):
    try:
        line = await reader.readuntil(b"\r\n")
    except asyncio.IncompleteReadError as error:
        raise Failed("closed without an answer" if not error.partial else "truncated head") from None
    except asyncio.LimitOverrunError:
        raise Failed("malformed: endless line") from None
    return line[:-2]


async def _head(reader):
    while True:
        line = STATUS_LINE.match(await _line(reader))
        if line is None:
            raise Failed("malformed: status line")
        status = int(line[1])
        fields = {}
        size = 0
        while text := await _line(reader):
            size += len(text)
            field = FIELD_LINE.match(text)
            if field is None or size > MAXIMUM_HEAD:
                raise Failed("malformed: field line")
            name, value = field[1].decode().lower(), field[2].decode("latin-1")
            if name == "content-length" and fields.get(name, value) != value:
                raise Failed("malformed: two lengths")
            fields[name] = f"{fields[name]}, {value}" if name in fields and name != "content-length" else value
        if status >= 200:
            return status, fields


async def _chunks(reader):
    parts = []
    while True:
        line = CHUNK_LINE.match(await _line(reader))
        if line is None:
            raise Failed("malformed: chunk size")
        size = int(line[1], 16)
        if size == 0:
            while await _line(reader):
                pass
            return b"".join(parts)
        parts.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise Failed("malformed: chunk overrun")


async def _answer(reader):
    """Returns the answer, and whether the connection may be used again."""
    status, fields = await _head(reader)
    keeps = "close" not in fields.get("connection", "").lower()
    coding = fields.get("transfer-encoding")
    length = fields.get("content-length")
    try:
        if status in (204, 304):
            body = b""
        elif coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise Failed("malformed: framing")
            body = await _chunks(reader)
        elif length is not None:
            if not (length.isascii() and length.isdigit()):
                raise Failed("malformed: length")
            body = await reader.readexactly(int(length))
        else:
            body, keeps = await reader.read(), False
    except asyncio.IncompleteReadError:
        raise Failed("truncated body") from None
    return Answer(status, fields, body), keeps


class Client:
    """One caller with its connections. A connection that met an error is never used again."""

    def __init__(self, port, tls=None, timeout=60.0):
        self.port = port
        self.tls = tls
        self.timeout = timeout
        self.idle = []
        self.open = set()

    async def call(self, method, target, fields=(), body=None):
        """The answer, or `Failed`."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: localhost:{self.port}", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in fields]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join([*lines, "", ""]).encode() + (body or b"")
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchange(request)
        except TimeoutError:
            raise Failed("timeout of the client") from None

    async def _exchange(self, request):
        streams = await self._streams()
        reader, writer = streams
        keeps = False
        try:
            writer.write(request)
            answer, keeps = await _answer(reader)
            return answer
        except (OSError, ssl.SSLError) as error:
            raise Failed(f"broken: {type(error).__name__}") from None
        finally:
            if keeps:
                self.idle.append(streams)
            else:
                self._drop(streams)

    async def _streams(self):
        while self.idle:
            streams = self.idle.pop()
            if not streams[0].at_eof() and not streams[1].is_closing() and streams[0].exception() is None:
                return streams
            self._drop(streams)
        try:
            streams = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.tls, server_hostname="localhost" if self.tls else None,
                limit=MAXIMUM_HEAD)
        except (OSError, ssl.SSLError) as error:
            raise Failed(f"connect: {type(error).__name__}") from None
        self.open.add(streams)
        return streams

    def _drop(self, streams):
        self.open.discard(streams)
        streams[1].transport.abort()

    def close(self):
        self.idle.clear()
        for streams in list(self.open):
            self._drop(streams)
