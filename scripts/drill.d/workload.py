"""The staff of a hospital group: what they ask for, when, and whether what they got is right."""

import asyncio
import base64
import dataclasses
import json
import random
import time

import http_client

# Share of each kind in percent, and whether it is a read. /hospitals and /patients?hospital_id= make up most of what
# HOSP's users do. Lists are 45 % together: what that costs HOSP is in docs/drill.md.
MIX = {
    "hospitals": (15, "read"), "patients": (20, "read"), "notes": (10, "read"), "note": (15, "read"),
    "patient": (10, "read"),
    "create": (12, "write"), "change": (7, "write"), "delete": (4, "write"), "admit": (3, "write"),
    "screen": (4, "write"),
}
# What staff do where nothing much happens: nearly all of it is reading, most of that the two lists that everybody works
# from, of their own hospital, and what is left is mostly about the same few patients.
ROUTINE = {
    "hospitals": (25, "read"), "patients": (40, "read"), "notes": (10, "read"), "note": (10, "read"),
    "patient": (10, "read"),
    "create": (2.5, "write"), "change": (1, "write"), "delete": (0.3, "write"), "admit": (0.2, "write"),
    "screen": (1, "write"),
}
TWINS = 0.25  # share of creates that are meant to be there twice; half of them at the same moment
SEED_STAFFS, SEED_PATIENTS, SEED_NOTES, SEED_HOSPITALS = 40, 60, 80, 3
POPULARITY = 2.3  # 0.5 ** 2.3 is 0.2: half of all reads are about a fifth of the records
TAG = "X-Drill-Request"  # HOSP's log shows it, so that each arrival is matched with the request behind it


@dataclasses.dataclass(frozen=True)
class Habits:
    """What people ask for, and who they are to HOSP."""
    mix: dict = dataclasses.field(default_factory=lambda: MIX)
    credentials: int = SEED_STAFFS  # fewer than people: several share a password
    settled: bool = False  # each reads about their own hospital, and about some patients more than about others


@dataclasses.dataclass
class Entry:
    """One line of the ledger: what a client asked for and what it was told."""
    tag: str
    user: str
    operation: str
    kind: str
    begun: float  # seconds since 1970, as HOSP's log has it
    path: str = ""  # what was asked for, query included
    took: float = 0.0
    status: int | None = None
    outcome: str | None = None  # Stent-Outcome
    cache: str | None = None  # Cache-Status
    reason: str | None = None  # of a problem document
    problem: str | None = None  # why it is no success; None is a success
    target: int | None = None  # the record that was to be changed or deleted
    fields: dict | None = None  # what a create or a change said
    id: int | None = None  # of the record that an acknowledgement named
    stale: bool = False  # a read of one's own note that does not show one's own acknowledged change

    @property
    def acknowledged(self):
        return self.problem is None

    @property
    def ended(self):
        return self.begun + self.took


class Wrong(Exception):
    """The answer is whole and says something else than was asked for."""


def expect(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def holds(record, fields):
    return isinstance(record, dict) and all(record.get(name) == value for name, value in fields.items())


def listing(answer, fields, seeded):
    """A list is right if everything in it matches the filter and no record of the seed data is missing."""
    expect(isinstance(answer, list), "not a list")
    expect(all(isinstance(item, dict) and isinstance(item.get("id"), int) for item in answer), "not a list of records")
    expect(all(holds(item, fields) for item in answer), "records of another list")
    ids = [item["id"] for item in answer]
    expect(len(set(ids)) == len(ids), "a record twice")
    expect(seeded <= set(ids), "records missing")


def single(answer, fields):
    expect(isinstance(answer, dict) and isinstance(answer.get("id"), int), "not a record")
    expect(holds(answer, fields), "another record")


class Staff:
    """One person at work: thinks, asks, looks at the answer, and remembers what it was told."""

    def __init__(self, number, seed, client, ledger, think, habits=Habits()):
        self.number = number
        self.habits = habits
        self.staff = 1 + (number - 1) % habits.credentials
        self.hospital = 1 + (self.staff - 1) % SEED_HOSPITALS
        self.user = f"staff{self.staff}"
        credentials = base64.b64encode(f"{self.user}:secret{self.staff}".encode()).decode()
        self.authorization = ("Authorization", f"Basic {credentials}")
        self.dice = random.Random(f"{seed}/{number}")
        self.client = client
        self.ledger = ledger
        self.think = think
        self.mine = []  # (id, body) of notes that HOSP acknowledged and that are still there
        self.asked = 0

    async def work(self, until):
        """Until that moment of `time.monotonic`; then finishes what is under way."""
        await asyncio.sleep(self.dice.uniform(0, self.think))
        while time.monotonic() < until:
            await self.step()
            await asyncio.sleep(min(self.dice.expovariate(1 / self.think), max(until - time.monotonic(), 0)))

    async def step(self):
        # as many draws each time, so that the same seed asks the same of every contestant as far as its answers allow
        mix = self.habits.mix
        operation = self.dice.choices(list(mix), [share for share, _ in mix.values()])[0]
        lot, other = self.dice.random(), self.dice.random()
        if operation in ("change", "delete") and not self.mine:
            operation = "create"
        await getattr(self, operation)(lot, other)

    def some_patient(self, lot):
        if not self.habits.settled:
            return 1 + int(lot * SEED_PATIENTS)
        # of the own hospital; half of the time one of four, a fifth of them
        return self.hospital + SEED_HOSPITALS * int(lot ** POPULARITY * (SEED_PATIENTS // SEED_HOSPITALS))

    # MARK: reads

    async def hospitals(self, lot, other):
        await self.read("hospitals", "/hospitals", lambda a: listing(a, {}, set(range(1, SEED_HOSPITALS + 1))))

    async def patients(self, lot, other):
        hospital = self.hospital if self.habits.settled else 1 + int(lot * SEED_HOSPITALS)
        seeded = {n for n in range(1, SEED_PATIENTS + 1) if 1 + (n - 1) % SEED_HOSPITALS == hospital}
        await self.read("patients", f"/patients?hospital_id={hospital}",
                        lambda a: listing(a, {"hospital_id": hospital}, seeded))

    async def notes(self, lot, other):
        patient = self.some_patient(lot)
        seeded = {n for n in range(1, SEED_NOTES + 1) if 1 + n * 7 % SEED_PATIENTS == patient}
        await self.read("notes", f"/notes?patient_id={patient}", lambda a: listing(a, {"patient_id": patient}, seeded))

    async def note(self, lot, other):
        if self.mine and lot < 0.5:
            number, body = self.mine[int(other * len(self.mine))]
            entry, answer = await self.read("note", f"/notes/{number}", lambda a: single(a, {"id": number}))
            entry.stale = entry.acknowledged and body is not None and answer["body"] != body
        else:
            number = 1 + int(other ** (POPULARITY if self.habits.settled else 1) * SEED_NOTES)
            await self.read("note", f"/notes/{number}", lambda a: single(a, {"id": number}))

    async def patient(self, lot, other):
        number = self.some_patient(lot)
        await self.read("patient", f"/patients/{number}", lambda a: single(a, {"id": number}))

    # MARK: writes

    async def create(self, lot, other):
        fields = {"title": f"Visit {self.number}.{self.asked}", "body": f"Examined {self.number}.{self.asked}.",
                  "patient_id": 1 + int(other * SEED_PATIENTS), "staff_id": self.staff}
        if lot < TWINS / 2:
            await asyncio.gather(self.post("create", "/notes", fields), self.post("create", "/notes", fields))
        else:
            await self.post("create", "/notes", fields)
            if lot < TWINS:
                await self.post("create", "/notes", fields)

    async def admit(self, lot, other):
        await self.post("admit", "/patients", {
            "name": f"Patient {self.number}.{self.asked}", "hospital_id": 1 + int(lot * SEED_HOSPITALS),
            "birthdate": f"2020-01-{1 + int(other * 28):02}"})

    async def post(self, operation, target, fields):
        entry, answer = await self.write(operation, "POST", target, fields, lambda a: single(a, fields))
        if entry.acknowledged:
            entry.id = answer["id"]
            if operation == "create":
                self.mine.append((entry.id, fields["body"]))

    async def change(self, lot, other):
        at = int(lot * len(self.mine))
        number = self.mine[at][0]
        fields = {"body": f"Examined again {self.number}.{self.asked}."}
        entry, _ = await self.write("change", "PATCH", f"/notes/{number}", fields,
                                    lambda a: single(a, {"id": number, **fields}), target_id=number)
        # after a refusal nobody knows what the body is
        self.mine[at] = (number, fields["body"] if entry.acknowledged else None)

    async def delete(self, lot, other):
        number, _ = self.mine.pop(int(lot * len(self.mine)))
        await self.write("delete", "DELETE", f"/notes/{number}", None, None, target_id=number)

    async def screen(self, lot, other):
        images = [f"image {int(lot * 1e6)}", f"image {int(other * 1e6)}", f"image {int(lot * 1e6)}"]

        def right(answer):
            expect(isinstance(answer, dict) and isinstance(answer.get("overall"), str), "no screening")
            results = answer.get("results")
            expect(isinstance(results, list) and len(results) == 3, "not a result for each image")
            expect(results[0] == results[2] and all(isinstance(one, str) for one in results), "results out of order")
        patient = 1 + int(other * SEED_PATIENTS)
        await self.write("screen", "POST", f"/patients/{patient}/screen", {"images": images}, right)

    # MARK: the wire

    async def read(self, operation, target, right):
        return await self.ask(operation, "read", "GET", target, None, right, None)

    async def write(self, operation, method, target, fields, right, target_id=None):
        return await self.ask(operation, "write", method, target, fields, right, target_id)

    async def ask(self, operation, kind, method, target, fields, right, target_id):
        self.asked += 1
        entry = Entry(tag=f"{self.number}.{self.asked}", user=self.user, operation=operation, kind=kind,
                      begun=time.time(), path=target, target=target_id, fields=fields, problem="unfinished")
        self.ledger.append(entry)
        begun = time.monotonic()
        value = None
        try:
            answer = await self.client.call(
                method, target, (self.authorization, (TAG, entry.tag)),
                None if fields is None else json.dumps(fields).encode())
            entry.status = answer.status
            entry.outcome = answer.fields.get("stent-outcome")
            entry.cache = answer.fields.get("cache-status")
            if not 200 <= answer.status < 300:
                entry.reason = reason_of(answer)
                raise Wrong(f"status {answer.status}")
            if right is not None:
                value = json.loads(answer.body)
                right(value)
            entry.problem = None
        except (Wrong, http_client.Failed) as error:
            entry.problem = str(error)
        except ValueError:
            entry.problem = "no JSON"
        entry.took = time.monotonic() - begun
        return entry, value


def reason_of(answer):
    if "problem+json" not in answer.fields.get("content-type", ""):
        return None
    try:
        return str(json.loads(answer.body).get("reason"))
    except (ValueError, AttributeError):
        return None
