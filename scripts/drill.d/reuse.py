"""What reads cost HOSP, and which of them had been read before.

Whether a copy could be given is worked out from the ledger alone: what the same caller was given, and what was written
since. config/hosp.yaml and docs/caching.md are what it goes by.
"""

import collections
import dataclasses

import judge
import workload

SHARED = ("/hospitals",)  # `scope: proven`: one copy for all who have a password
WHY = ["first", "written", "expired"]


@dataclasses.dataclass
class Reuse:
    reads: int = 0  # of clients
    arrived: int = 0  # reads at HOSP, whoever wanted to know: clients, refreshes behind, stent itself
    own: int = 0  # of these, what stent wanted to know: who is calling, whose a note is, whether a record is there
    # (operation, how it was answered) -> reads. How: a copy, along with another's fetch, or a fetch and why
    answers: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    known: list = dataclasses.field(default_factory=list)  # reads in the outage of what the caller had read before

def touched(entry):
    """(path, until when it may have changed) for all that a write makes invalid, with any query."""
    path = entry.path.partition("?")[0]
    yield path, entry.ended
    yield path.rpartition("/")[0], entry.ended
    if entry.id is not None:
        yield f"{path}/{entry.id}", entry.ended
    if entry.operation == "screen":  # its note is written later, nobody knows when
        yield "/notes", float("inf")


class History:
    """Which copies a caller's read could have been answered with."""

    def __init__(self, ledger):
        self.writes = collections.defaultdict(list)  # path -> (from, until)
        self.reads = collections.defaultdict(list)  # key -> reads that went well
        self.proven = {}  # user -> the end of the first good answer
        for entry in sorted(ledger, key=lambda entry: entry.ended):
            if entry.kind == "write" and entry.outcome == "not-sent":
                continue  # it has changed nothing
            if entry.kind == "write":
                for path, until in touched(entry):
                    self.writes[path].append((entry.begun, until))
            elif entry.acknowledged:
                self.reads[self.key(entry)].append(entry)
            if entry.acknowledged:
                self.proven.setdefault(entry.user, entry.ended)

    @staticmethod
    def key(entry):
        return (None if entry.path.startswith(SHARED) else entry.user, entry.path)

    def why_fetched(self, entry):
        """`first`, `written`, or `expired`: only with the last would a copy that is kept for ever have done."""
        if self.proven.get(entry.user, float("inf")) > entry.begun:
            return "first"
        before = [other for other in self.reads[self.key(entry)] if other.ended <= entry.begun]
        if not before:
            return "first"
        newest = max(other.begun for other in before)
        writes = self.writes[entry.path.partition("?")[0]]
        if any(since <= entry.begun and until >= newest for since, until in writes):
            return "written"
        return "expired"


def how(entry):
    """Of a read that stent answered: `copy`, `along`, or None, by its Cache-Status (RFC 9211).

    A copy that is given because HOSP failed is no `hit`, but stent tells the `ttl` of each copy and of nothing else.
    """
    words = (entry.cache or "").replace(" ", "").split(";")[1:]
    if "hit" in words or any(word.startswith("ttl=") for word in words):
        return "copy"
    return "along" if "collapsed" in words else None


def is_stale(entry):
    """Whether it was answered with a copy that was no longer fresh."""
    return "ttl=-" in (entry.cache or "")


def of(ledger, arrivals, since, outage):
    history = History(ledger)
    found = Reuse()
    for arrival in arrivals:
        if arrival["method"] in ("GET", "HEAD") and judge.moment(arrival["at"]) >= since:
            found.arrived += 1
            found.own += not any(name.lower() == workload.TAG.lower() for name, _ in arrival["headers"])
    for entry in ledger:
        if entry.kind != "read":
            continue
        why = history.why_fetched(entry)
        if entry.begun >= since:
            found.reads += 1
            found.answers[entry.operation, how(entry) or why] += 1
        if outage and outage[0] <= entry.begun < outage[1] and why == "expired":
            found.known.append(entry)
    return found
