"""The scenarios, and one run of one contestant through one of them."""

import asyncio
import dataclasses
import json
import os
import time

import contestants
import http_client
import judge
import reuse
import workload

STAFF = 40
OUTAGE_SECONDS, BEFORE_OUTAGE, AFTER_OUTAGE = 10, 8, 15  # AFTER_OUTAGE at least
ROUTINE = workload.Habits(workload.ROUTINE, credentials=10, settled=True)
CLIENT_TIMEOUT = 60


@dataclasses.dataclass(frozen=True)
class Scenario:
    profile: str
    users: int = STAFF
    outage: str | None = None  # the profile of the outage in the middle
    before: float = BEFORE_OUTAGE
    away: float = OUTAGE_SECONDS
    habits: workload.Habits = workload.Habits()
    filling: float = 0  # seconds before what reads cost HOSP is counted: nothing is kept at the beginning

    def phases(self, seconds):
        """(profile, seconds) in order."""
        if self.outage is None:
            return [(self.profile, self.filling + seconds)]
        after = max(seconds - self.before - self.away, AFTER_OUTAGE)
        return [(self.profile, self.before), (self.outage, self.away), (self.profile, after)]


SCENARIOS = {
    "calm": Scenario("calm"),
    "routine": Scenario("calm", habits=ROUTINE, filling=60),
    "faulty": Scenario("faulty"),
    "brownout": Scenario("brownout"),
    "outage": Scenario("faulty", outage="outage"),
    "outage-errors": Scenario("faulty", outage="outage-errors"),
    # longer than anything stays fresh in config/hosp.yaml that is not kept for everybody, and than any deadline
    "outage-long": Scenario("calm", outage="outage", before=20, away=80, habits=ROUTINE),
    "surge": Scenario("faulty", users=3 * STAFF),
}


@dataclasses.dataclass
class Run:
    """What one contestant did in one scenario with one seed."""
    scenario: str
    seed: int
    contestant: str
    ledger: list
    verdict: judge.Verdict
    arrived: int
    read_service: list  # seconds that reads kept a thread of HOSP, without waiting for one
    outage: tuple | None  # the moments between which HOSP was away
    arrived_in_outage: int
    exit_status: int | None
    reuse: reuse.Reuse

    def in_outage(self):
        """In flight at any moment of it."""
        return [entry for entry in self.ledger
                if entry.begun < self.outage[1] and entry.begun + entry.took > self.outage[0]]

    def in_recovery(self):
        """Begun after it."""
        return [entry for entry in self.ledger if entry.begun >= self.outage[1]]


async def drive(name, seed, contestant, binaries, directory, seconds, think):
    scenario = SCENARIOS[name]
    directory = os.path.join(directory, f"{name}-{seed}-{contestant}")
    os.mkdir(directory)
    phases = scenario.phases(seconds)
    hosp = await contestants.Hosp.start(binaries["hosp"], directory, seed, phases[0][0])
    try:
        proxy = await contestants.Proxy.start(contestant, binaries["stent"], directory, hosp.port)
        stopped = False
        ledger = []
        clients = []
        try:
            counted_from = time.time() + scenario.filling
            until = time.monotonic() + sum(length for _, length in phases)
            async with asyncio.TaskGroup() as group:
                for number in range(1, scenario.users + 1):
                    client = http_client.Client(proxy.port, proxy.tls, CLIENT_TIMEOUT)
                    clients.append(client)
                    person = workload.Staff(number, f"{name}/{seed}", client, ledger, think, scenario.habits)
                    group.create_task(person.work(until))
                outage = await switch(hosp, phases)
            for client in clients:
                client.close()
            # what the proxy still does for clients that have left belongs to its account
            exit_status = await proxy.stop()
            stopped = True
        finally:
            for client in clients:
                client.close()
            if not stopped:
                await proxy.stop()
        await hosp.settle()
        records, arrivals = await hosp.ask("GET", "/records"), await hosp.arrivals()
        for what, value in [
                ("ledger", [vars(entry) for entry in ledger]), ("records", records), ("arrivals", arrivals)]:
            with open(os.path.join(directory, f"{what}.json"), "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1)
    finally:
        await hosp.stop()
    counted_reads = reuse.of(ledger, arrivals, counted_from, outage)
    return Run(
        scenario=name, seed=seed, contestant=contestant, ledger=ledger, verdict=judge.judge(ledger, records, arrivals),
        arrived=len(arrivals), outage=outage, exit_status=exit_status, reuse=counted_reads,
        read_service=[arrival["service-ms"] * contestants.TIME_SCALE / 1000 for arrival in arrivals
                      if arrival["method"] == "GET" and arrival["status"] == 200],
        arrived_in_outage=judge.arrived_within(arrivals, outage) if outage else 0)


async def switch(hosp, phases):
    """Takes HOSP through its phases; returns when it was away for certain."""
    away = None
    for at, (profile, length) in enumerate(phases):
        if at > 0:
            before, after = await hosp.become(profile)
            away = (after, 0.0) if at == 1 else (away[0], before)
        await asyncio.sleep(length)
    return away
