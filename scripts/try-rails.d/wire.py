"""Sends bytes as they are and reads what comes back, of any server, plain or over TLS."""

import json
import socket
import ssl
import time
import urllib.request


class Server:
    """Where requests go to: stent, or the service itself."""

    def __init__(self, port, certificate=None):
        self.port = port
        self.host = f"localhost:{port}"
        self.tls = None
        if certificate:
            self.tls = ssl.create_default_context(cafile=certificate)
            self.tls.set_alpn_protocols(["http/1.1"])

    def send(self, request, waits):
        """Everything that comes back.

        `waits`: until the server ends the connection, at most so many seconds; None: until it falls silent, for requests
        after which it may not end it.
        """
        answer = b""
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        except OSError:
            return answer
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_hostname="localhost")
            connection.sendall(request)
            begin = time.monotonic()
            while waits is None or time.monotonic() - begin < waits:
                connection.settimeout(waits if waits is not None else 0.3 if answer else 1.5)
                part = connection.recv(65536)
                if not part:
                    break
                answer += part
        except OSError:
            pass
        finally:
            connection.close()
        return answer


class Answer:
    """The first final answer in some bytes; status 0 where there is none."""

    def __init__(self, received, is_head=False):
        while received.startswith(b"HTTP/1.1 1"):
            received = received.partition(b"\r\n\r\n")[2]
        head, _, self.body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        self.status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.lower(), value.strip())
        if is_head or self.status in (204, 304):
            self.body = b""
        elif self.fields.get("transfer-encoding") == "chunked":
            self.body = joined(self.body)
        elif (length := self.fields.get("content-length", "")).isdigit():
            self.body = self.body[:int(length)]

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def joined(chunks):
    content = b""
    while chunks:
        line, _, chunks = chunks.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            break
        if size == 0:
            break
        content += chunks[:size]
        chunks = chunks[size + 2:]
    return content


def notes(control_port):
    """Every note by its id, as the service holds it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{control_port}/records", timeout=20) as answer:
        return {note["id"]: note for note in json.load(answer)["notes"]}
