"""Compares what clients were told with what HOSP holds in the end."""

import dataclasses
import datetime

import workload

RESOURCE = {"create": ("notes", "title"), "admit": ("patients", "name")}


@dataclasses.dataclass
class Verdict:
    """Sentences, one for each write that went wrong, in the three ways that matter."""
    lost: list = dataclasses.field(default_factory=list)
    duplicated: list = dataclasses.field(default_factory=list)
    refused_but_done: list = dataclasses.field(default_factory=list)


def moment(text):
    """Seconds since 1970 of HOSP's `2026-01-31T12:00:00.000Z`."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def arrived_within(arrivals, window):
    return sum(1 for arrival in arrivals if window[0] <= moment(arrival["at"]) < window[1])


def told(entry):
    answer = f"told {entry.status}" if entry.status else f"met '{entry.problem}'"
    outcome = f", outcome {entry.outcome}" if entry.outcome else ""
    return f"{entry.operation} {entry.tag} was {answer}{outcome}" if entry.status else \
        f"{entry.operation} {entry.tag} {answer}{outcome}"


def judge(ledger, records, arrivals):
    """The verdict on all writes of a ledger.

    `records` are HOSP's when nothing is in flight any more, neither there nor in the proxy; `arrivals` are its log.
    """
    verdict = Verdict()
    deleted = set()  # ids of notes that HOSP did delete
    committed = set()  # tags of requests that changed something at HOSP
    for arrival in arrivals:
        if (commit := arrival.get("commit")) is None:
            continue
        if commit["kind"] == "deleted" and commit["resource"] == "notes":
            deleted.add(commit["id"])
        committed |= {value for name, value in arrival["headers"] if name.lower() == workload.TAG.lower()}
    found = {resource: {record["id"]: record for record in records[resource]} for resource in ("notes", "patients")}
    writes = [entry for entry in ledger if entry.kind == "write"]
    judge_creates(writes, found, deleted, verdict)
    judge_changes(writes, found["notes"], deleted, committed, verdict)
    judge_deletes(writes, found["notes"], deleted, verdict)
    return verdict


def judge_creates(writes, found, deleted, verdict):
    """As many records as were asked for, one for each acknowledgement, and none for a refusal.

    Creates of one text belong together: two identical ones by intention are to leave two records. Which of the two a
    record belongs to does not matter.
    """
    groups = {}
    for entry in writes:
        if entry.operation in RESOURCE:
            resource, key = RESOURCE[entry.operation]
            groups.setdefault((resource, key, entry.fields[key]), []).append(entry)
    asked_to_delete = {entry.target for entry in writes if entry.operation == "delete"}
    changed = {entry.target for entry in writes if entry.operation == "change"}
    by_text = {}
    for resource, key in RESOURCE.values():
        for record in found[resource].values():
            by_text.setdefault((resource, key, record.get(key)), set()).add(record["id"])
    for (resource, key, text), entries in groups.items():
        there = by_text.get((resource, key, text), set())
        ours = set()  # ids that were acknowledged and hold, or were deleted on request
        for entry in entries:
            if not entry.acknowledged:
                continue
            record = found[resource].get(entry.id)
            if entry.id in ours:
                verdict.lost.append(f"{told(entry)}, with the id {entry.id} that another create was given")
            elif record is None and entry.id in deleted and entry.id in asked_to_delete:
                ours.add(entry.id)
            elif record is None:
                verdict.lost.append(f"{told(entry)}, but {resource}/{entry.id} is not there")
            else:
                ours.add(entry.id)
                # a later change may have given it another body; that is judged with the changes
                fields = {name: value for name, value in entry.fields.items()
                          if not (name == "body" and entry.id in changed)}
                if not workload.holds(record, fields):
                    verdict.lost.append(f"{told(entry)}, but {resource}/{entry.id} says something else")
        created = len(there | ours)
        extra = created - len(entries)
        if extra > 0:
            verdict.duplicated += [f"{text}: {created} records of {len(entries)} asked for"] * extra
        unacknowledged = min(created, len(entries)) - len(ours)
        refused = [entry for entry in entries if not entry.acknowledged]
        for entry in refused[:max(unacknowledged, 0)]:
            verdict.refused_but_done.append(f"{told(entry)}, but '{text}' is at HOSP")


def judge_changes(writes, notes, deleted, committed, verdict):
    """The last acknowledged body is there, unless a later change that was refused took effect after all."""
    by_note = {}
    for entry in writes:
        if entry.operation == "change":
            by_note.setdefault(entry.target, []).append(entry)
    for number, changes in by_note.items():
        changes.sort(key=lambda entry: entry.begun)
        body = notes[number]["body"] if number in notes else None
        for entry in changes:
            if not entry.acknowledged and (entry.tag in committed or body == entry.fields["body"]):
                verdict.refused_but_done.append(f"{told(entry)}, but notes/{number} was changed")
        acknowledged = [at for at, entry in enumerate(changes) if entry.acknowledged]
        if not acknowledged or number in deleted:
            continue
        last = acknowledged[-1]
        if body not in [entry.fields["body"] for entry in changes[last:]]:
            verdict.lost.append(f"{told(changes[last])}, but notes/{number} says something else")


def judge_deletes(writes, notes, deleted, verdict):
    for entry in writes:
        if entry.operation != "delete":
            continue
        if entry.acknowledged and entry.target in notes:
            verdict.lost.append(f"{told(entry)}, but notes/{entry.target} is still there")
        elif not entry.acknowledged and entry.target in deleted:
            verdict.refused_but_done.append(f"{told(entry)}, but notes/{entry.target} is gone")
