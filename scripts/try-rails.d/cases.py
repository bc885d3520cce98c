"""Reads Tests/Forgeries/*.txt, whose form Tests/Forgeries/README.md describes. Tests/Integration/Policy/CaseFile.swift
reads the same."""

import base64
import re

BOTH = ("hosp", "rails")
TEETH = {"both": BOTH, "hosp": ("hosp",), "rails": ("rails",), "none": (), "?": ()}
KNOWN = re.compile(r"\{(host|note|own|next|title|etag|id)\}")
MADE = re.compile(r"\{(?:(crlf|length)|(basic|base64|letters|x) ([^{}]*))\}")


class Step:
    """One request: what is sent, who is asking, and what is expected."""

    def __init__(self, line, place):
        self.place = place
        self.expected = None
        self.fields = []
        self.content = []
        self.raw = []
        self.options = set()
        words, _, who = line.rpartition(" by ")
        self.by = None if who == "nobody" else int(who)
        # Whose right a change is judged by: nobody may change anything.
        self.judged = None if words.endswith(" judged nobody") else self.by
        words = words.removesuffix(" judged nobody")
        self.is_raw = words == "raw"
        self.method, _, self.target = words.partition(" ")

    def bytes(self, known, host):
        """The request as it goes over the wire; `known` has the values of {note} and the like."""
        def fill(text):
            return expand(text, {**known, "host": host})

        if self.is_raw:
            whole = b"".join(fill(line) for line in self.raw)
            return whole.replace(b"{length}", str(len(whole.partition(b"\r\n\r\n")[2])).encode())
        content = b"\r\n".join(fill(line) for line in self.content)
        for encoding in ("utf-16le", "utf-16be", "utf-32le"):
            if encoding in self.options:
                content = content.decode().encode(encoding)
        names = [field.split(":")[0].lower() for field in self.fields]
        fields = [] if "host" in names else [b"Host: " + host.encode()]
        if self.by is not None and "authorization" not in names:
            fields.append(fill(f"Authorization: Basic {{basic {self.by}}}"))
        fields += [fill(field) for field in self.fields]
        if self.content:
            if "content-type" not in names and "no-type" not in self.options:
                fields.append(b"Content-Type: application/json")
            if "chunked" in self.options:
                half = len(content) // 2
                content = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:half], content[half:]))
                content += b"0\r\n\r\n"
                fields.append(b"Transfer-Encoding: chunked")
            elif "content-length" not in names:
                fields.append(b"Content-Length: %d" % len(content))
        if "connection" not in names:
            fields.append(b"Connection: close")
        line = b"%s %s HTTP/1.1" % (self.method.encode(), fill(self.target))
        return b"\r\n".join([line, *fields, b"", content])


def expand(text, known):
    """The bytes that a text stands for. What is known is filled in first, so that {base64 {title}} works."""
    text = KNOWN.sub(lambda match: known[match[1]], text)
    done = b""
    position = 0
    for match in MADE.finditer(text):
        constant, maker, rest = match.groups()
        done += text[position:match.start()].encode()
        if constant:
            done += {"crlf": b"\r\n", "length": b"{length}"}[constant]
        elif maker == "x":
            done += bytes.fromhex(rest)
        elif maker == "letters":
            done += b"x" * int(rest)
        else:
            done += base64.b64encode((f"staff{rest}:secret{rest}" if maker == "basic" else rest).encode())
        position = match.end()
    return done + text[position:].encode()


class Case:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.teeth = ()
        self.compare = "answer"
        self.steps = []
        self.place = 0

    def needs(self, word):
        return any(f"{{{word}}}" in text for step in self.steps
                   for text in [step.target, *step.fields, *step.content, *step.raw])


def read(path):
    """Every case of a file, those with `each` once for each value."""
    cases = []
    kind = ""
    block = []

    def finish():
        if not block:
            return
        variants = [tuple(line[5:].split(": ", 1)) for _, line in block if line.startswith("each ")]
        for teeth, value in variants or [(None, None)]:
            lines = [(number, line.replace("{each}", value) if value is not None else line)
                     for number, line in block if not line.startswith("each ")]
            cases.append(build(lines, kind, teeth, path))
        block.clear()

    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if line.startswith("[") and line.endswith("]"):
                finish()
                kind = line[1:-1]
            elif line.startswith("= "):
                finish()
                block.append((number, line))
            elif line and not line.startswith("#"):
                block.append((number, line))
    finish()
    return cases


def build(lines, kind, teeth, path):
    case = Case(lines[0][1][2:], kind)
    case.place = lines[0][0]
    if teeth is not None:
        case.teeth = TEETH[teeth]
    step = None
    for number, line in lines[1:]:
        mark, rest = line[:1], line[2:]
        if mark == ">":
            step = Step(rest, f"{path}:{number}")
            case.steps.append(step)
        elif step is None:
            key, _, value = line.partition(": ")
            if key == "teeth":
                case.teeth = TEETH[value]
            elif key == "compare":
                case.compare = value
            else:
                raise ValueError(f"{path}:{number}: {line}")
        elif mark == "<":
            step.expected = rest
        elif mark == "%":
            step.options.add(rest)
        elif mark == "~":
            step.content.append(rest)
        elif line.startswith("|-"):
            step.raw.append(line[3:])
        elif mark == "|":
            step.raw.append(rest + "{crlf}")
        else:
            step.fields.append(line)
    return case
