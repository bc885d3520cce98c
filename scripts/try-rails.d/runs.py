"""Carries out the cases of a file against one server and judges each."""

import json
import uuid

import judge
import wire

ATTACKER, VICTIM = 2, 33


def create(server, staff, title):
    """A note by its author; its id."""
    content = json.dumps({"title": title, "body": "b", "patient_id": 3, "staff_id": staff}).encode()
    credentials = wire_basic(staff)
    request = (f"POST /notes HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Basic {credentials}\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n")
    received = server.send(request.encode() + content, waits=20)
    answer = wire.Answer(received)
    if answer.status != 201:
        raise RuntimeError(f"staff{staff} can't create a note: {received[:300]}")
    return answer.json()["id"]


def wire_basic(staff):
    import base64
    return base64.b64encode(f"staff{staff}:secret{staff}".encode()).decode()


class Forgeries:
    """Notes of the victim are made through `maker`: the service itself, or stent, which then knows whose they are."""

    def __init__(self, server, control_port, maker):
        self.server = server
        self.control_port = control_port
        self.maker = maker
        self.held = wire.notes(control_port)
        self.highest = max(self.held)

    def look(self, who):
        """What somebody wrote since the last look that was not theirs."""
        now = wire.notes(self.control_port)
        wrong = judge.violations(self.held, now, who)
        self.held = now
        self.highest = max([self.highest, *now])
        return wrong

    def run(self, case):
        """(violations, sentences on unexpected answers, statuses)"""
        known = {"title": f"forged-{uuid.uuid4().hex[:12]}"}
        if case.needs("note"):
            known["note"] = str(create(self.maker, VICTIM, known["title"]))
            self.look(VICTIM)
        if case.needs("own"):
            known["own"] = str(create(self.maker, ATTACKER, known["title"]))
            self.look(ATTACKER)
        known["next"] = str(self.highest + 1)
        wrong, unexpected, statuses = [], [], []
        for step in case.steps:
            received = self.server.send(step.bytes(known, self.server.host), waits=None if step.is_raw else 20)
            status = wire.Answer(received).status
            statuses.append(status)
            wrong += self.look(step.judged)
            if step.expected and not fits(status, step.expected):
                unexpected.append(f"{step.place}: answered {status}, not {step.expected}")
        return wrong, unexpected, statuses


def fits(status, expected):
    """`4xx`, `201`; a connection that was ended without an answer is a refusal too."""
    if status == 0:
        return expected == "4xx"
    return str(status) == expected or f"{status // 100}xx" == expected
