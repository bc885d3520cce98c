"""Carries out the cases of Tests/Forgeries and says what was wrong."""

import re
import uuid

import cases
import judge
import wire

ATTACKER, VICTIM = 2, 33
COMPARED = ("content-type", "cache-control", "location", "www-authenticate", "vary")
PATIENCE_SECONDS = 20


class CannotCreate(Exception):
    pass


def create(server, staff, title):
    """A note by its author; its id."""
    step = cases.Step(f"POST /notes by {staff}", "")
    step.content.append(f'{{"title":"{title}","body":"b","patient_id":3,"staff_id":{staff}}}')
    received = server.send(step.bytes({}, server.host), waits=PATIENCE_SECONDS)
    answer = wire.Answer(received)
    if answer.status != 201:
        raise CannotCreate(f"staff{staff} can't create a note: {received[:300]}")
    return answer.json()["id"]


class Forgeries:
    """Notes come through `maker`: the service itself, or stent, which then has seen whose they are."""

    def __init__(self, server, control_port, maker):
        self.server = server
        self.control_port = control_port
        self.maker = maker
        self.held = wire.notes(control_port)
        self.highest = max(self.held)

    def look(self, who):
        """What was written since the last look that `who` had no right to."""
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
            waits = None if step.is_raw else PATIENCE_SECONDS
            status = wire.Answer(self.server.send(step.bytes(known, self.server.host), waits)).status
            statuses.append(status)
            wrong += self.look(step.judged)
            if step.expected and not fits(status, step.expected):
                unexpected.append(f"{step.place}: answered {status}, not {step.expected}")
        return wrong, unexpected, statuses


def fits(status, expected):
    """A connection that is ended without an answer is a refusal too."""
    if status == 0:
        return expected == "4xx"
    return str(status) == expected or f"{status // 100}xx" == expected


def compare(case, through, straight):
    """Asks two services that hold the same, one of them behind stent; (differences, statuses)."""
    known = [{}, {}]
    problems, statuses = [], []
    for step in case.steps:
        answers = [wire.Answer(server.send(step.bytes(facts, server.host), waits=PATIENCE_SECONDS),
                               is_head=step.method == "HEAD")
                   for server, facts in zip((through, straight), known)]
        statuses.append(answers[0].status)
        if step.expected and str(answers[1].status) != step.expected:
            problems.append(f"{step.place}: the service itself answered {answers[1].status}, not {step.expected}")
        seen = [seen_by_client(answer, case.compare) for answer in answers]
        problems += [f"{step.place}: {name}: {one!r:.300} in place of {other!r:.300}"
                     for (name, one), (_, other) in zip(*seen) if one != other]
        for facts, answer in zip(known, answers):
            if "etag" in answer.fields:
                facts["etag"] = answer.fields["etag"]
            record = answer.json()
            if isinstance(record, dict) and isinstance(record.get("id"), int):
                facts["id"] = str(record["id"])
    return problems, statuses


def seen_by_client(answer, comparison):
    if comparison == "status":
        return [("status", answer.status)]
    return [("status", answer.status), ("content", masked(answer.body.decode("utf-8", "replace"))),
            *((name, masked(answer.fields.get(name, ""))) for name in COMPARED), ("etag", "etag" in answer.fields)]


def masked(text):
    """Without what differs rightly: where the server is, and when it was."""
    text = re.sub(r"https?://localhost:\d+", "ORIGIN", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME", text)
