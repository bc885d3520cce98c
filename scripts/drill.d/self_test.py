"""Proves on made-up ledgers that the judge finds each kind of wrong, and finds none where there is none."""

import asyncio

import contestants
import http_client
import judge
import report
import reuse
import workload


def wrote(operation, tag, acknowledged=True, **facts):
    return workload.Entry(tag=tag, user="staff1", operation=operation, kind="write", begun=float(tag), took=0.1,
                          status=201 if acknowledged else 500, problem=None if acknowledged else "status 500", **facts)


def note(number, title, body="b"):
    return {"id": number, "title": title, "body": body}


def arrived(tag, kind, number):
    return {"headers": [[workload.TAG, tag]], "commit": {"kind": kind, "resource": "notes", "id": number}}


def create(tag, number=None, title="t"):
    return wrote("create", tag, number is not None, fields={"title": title, "body": "b"}, id=number)


def change(tag, body, acknowledged=True):
    return wrote("change", tag, acknowledged, target=1, fields={"body": body})


def delete(tag, acknowledged=True):
    return wrote("delete", tag, acknowledged, target=1)


CASES = [  # (name, ledger, notes at HOSP, arrivals, (lost, duplicated, done but refused))
    ("a create that is there", [create("1", 1)], [note(1, "t")], [], (0, 0, 0)),
    ("a create that is not there", [create("1", 1)], [], [], (1, 0, 0)),
    ("a create that is there under another id", [create("1", 1)], [note(2, "t")], [], (1, 0, 0)),
    ("a create with another body", [create("1", 1)], [note(1, "t", "x")], [], (1, 0, 0)),
    ("a create that is there twice", [create("1", 1)], [note(1, "t"), note(2, "t")], [], (0, 1, 0)),
    ("a refused create", [create("1")], [], [], (0, 0, 0)),
    ("a refused create that was done", [create("1")], [note(1, "t")], [], (0, 0, 1)),
    ("a refused create that was done twice", [create("1")], [note(1, "t"), note(2, "t")], [], (0, 1, 1)),
    ("twins", [create("1", 1), create("2", 2)], [note(1, "t"), note(2, "t")], [], (0, 0, 0)),
    ("twins made one", [create("1", 1), create("2", 1)], [note(1, "t")], [], (1, 0, 0)),
    ("twins and a third", [create("1", 1), create("2", 2)], [note(n, "t") for n in (1, 2, 3)], [], (0, 1, 0)),
    ("a twin refused and not done", [create("1", 1), create("2")], [note(1, "t")], [], (0, 0, 0)),
    ("a twin refused and done", [create("1", 1), create("2")], [note(1, "t"), note(2, "t")], [], (0, 0, 1)),
    ("a create that was deleted on request", [create("1", 1), delete("2")], [],
     [arrived("2", "deleted", 1)], (0, 0, 0)),
    ("a duplicate of what was deleted on request", [create("1", 1), delete("2")], [note(2, "t")],
     [arrived("2", "deleted", 1)], (0, 1, 0)),
    ("a delete that left the note", [create("1", 1), delete("2")], [note(1, "t")], [], (1, 0, 0)),
    ("a refused delete", [create("1", 1), delete("2", False)], [note(1, "t")], [], (0, 0, 0)),
    ("a refused delete that was done", [create("1", 1), delete("2", False)], [],
     [arrived("2", "deleted", 1)], (0, 0, 1)),
    ("a change that is there", [create("1", 1), change("2", "c")], [note(1, "t", "c")], [], (0, 0, 0)),
    ("a change that is not there", [create("1", 1), change("2", "c")], [note(1, "t")], [], (1, 0, 0)),
    ("a change overwritten by a later one", [change("1", "c"), change("2", "d")], [note(1, "t", "d")], [], (0, 0, 0)),
    ("a change undone by an earlier one", [change("1", "c"), change("2", "d")], [note(1, "t", "c")], [], (1, 0, 0)),
    ("a refused change", [change("1", "c", False)], [note(1, "t")], [], (0, 0, 0)),
    ("a refused change that was done", [change("1", "c", False)], [note(1, "t", "c")], [], (0, 0, 1)),
    ("a refused change that was done and overwritten", [change("1", "c", False), change("2", "d")],
     [note(1, "t", "d")], [arrived("1", "updated", 1), arrived("2", "updated", 1)], (0, 0, 1)),
]


def read(at, path, user="staff1", cache=None, **facts):
    return workload.Entry(tag="1", user=user, operation="read", kind="read", begun=float(at), took=0.1, status=200,
                          path=path, cache=cache, **{"problem": None, **facts})


def write(at, operation, path, took=0.1, **facts):
    return workload.Entry(tag="1", user="staff2", operation=operation, kind="write", begun=float(at), took=took,
                          status=201, path=path, **{"problem": None, **facts})


NOTES, NOTE, HOSPITALS = "/notes?patient_id=3", "/notes/7", "/hospitals"
REUSE = [  # (name, what came before, what is read at 9, why it is fetched)
    ("nothing before", [], NOTE, "first"),
    ("read before", [read(1, NOTE)], NOTE, "expired"),
    ("read before, and failed", [read(1, NOTE, problem="status 503")], NOTE, "first"),
    ("another query", [read(1, NOTES)], "/notes?patient_id=4", "first"),
    ("somebody else's", [read(1, NOTE, "staff2"), read(1, NOTES)], NOTE, "first"),
    ("everybody's", [read(1, HOSPITALS, "staff2"), read(1, NOTE)], HOSPITALS, "expired"),
    ("everybody's, for somebody who was never let in", [read(1, HOSPITALS, "staff2")], HOSPITALS, "first"),
    ("changed since", [read(1, NOTE), write(2, "change", NOTE)], NOTE, "written"),
    ("changed before", [write(1, "change", NOTE), read(2, NOTE)], NOTE, "expired"),
    ("changed while it was read", [write(1, "change", NOTE, took=2), read(2, NOTE)], NOTE, "written"),
    ("changed since, and read again", [read(1, NOTE), write(2, "change", NOTE), read(3, NOTE)], NOTE, "expired"),
    ("another one changed", [read(1, NOTE), write(2, "change", "/notes/8")], NOTE, "expired"),
    ("a list of which one was changed", [read(1, NOTES), write(2, "change", NOTE)], NOTES, "written"),
    ("a list to which one was added", [read(1, NOTES), write(2, "create", "/notes", id=81)], NOTES, "written"),
    ("a list since a screening", [write(1, "screen", "/patients/3/screen"), read(2, NOTES)], NOTES, "written"),
    ("a change that was not sent", [read(1, NOTE), write(2, "change", NOTE, problem="status 503", outcome="not-sent")],
     NOTE, "expired"),
    ("a refused change", [read(1, NOTE), write(2, "change", NOTE, problem="status 503")], NOTE, "written"),
]
STATUSES = [("stent; hit; ttl=42", "copy"), ("stent; hit; ttl=-3", "copy"), ("stent; fwd=uri-miss; stored", None),
            ("stent; fwd=stale; fwd-status=503; ttl=-300", "copy"), ("stent; fwd=stale; ttl=-300", "copy"),
            ("stent; fwd=stale; fwd-status=304; stored", None), ("stent; fwd=uri-miss; collapsed", "along"),
            (None, None)]


def prove_reuse(prove):
    for name, ledger, path, expected in REUSE:
        last = read(9, path)
        why = reuse.History([*ledger, last]).why_fetched(last)
        prove(why == expected, f"reuse, {name}: {why}, not {expected}")
    for status, expected in STATUSES:
        prove(reuse.how(read(9, NOTE, cache=status)) == expected, f"Cache-Status '{status}' is not {expected}")
    stale = [at for at, (status, _) in enumerate(STATUSES) if reuse.is_stale(read(9, NOTE, cache=status))]
    prove(stale == [1, 3, 4], "stale copies are not told from fresh ones")
    arrivals = [{"method": method, "at": f"1970-01-01T00:00:0{at}.500Z", "headers": headers}
                for method, at, headers in [("GET", 1, []), ("GET", 5, []), ("GET", 6, [[workload.TAG, "1"]]),
                                            ("POST", 6, [[workload.TAG, "1"]])]]
    ledger = [read(1, NOTE), read(3, NOTE), read(5, NOTE), read(9, NOTE), read(5, NOTES),
              write(6, "admit", "/patients")]
    found = reuse.of(ledger, arrivals, 2, (4, 8))
    prove((found.reads, found.arrived, found.own) == (4, 2, 1), "reads are counted wrongly")
    prove(found.known == [ledger[2]], "what was there before the outage is not known")


def run():
    wrong = []
    proofs = 0

    def prove(condition, sentence):
        nonlocal proofs
        proofs += 1
        if not condition:
            wrong.append(sentence)
    for name, ledger, notes, arrivals, expected in CASES:
        verdict = judge.judge(ledger, {"notes": notes, "patients": []}, arrivals)
        found = (len(verdict.lost), len(verdict.duplicated), len(verdict.refused_but_done))
        prove(found == expected, f"{name}: judged {found}, not {expected}")
    for column in range(3):
        prove(any(case[4][column] for case in CASES), f"no case for column {column}")
    prove_answers(prove)
    prove_policy(prove)
    prove_reuse(prove)
    prove(report.percent(99.99999) == "99.999" and report.percent(100) == "100", "a failure is rounded away")
    for sentence in wrong:
        print(f"drill: self-test: {sentence}")
    print(f"drill: self-test: {proofs - len(wrong)} of {proofs} proofs held")
    return 1 if wrong else 0


def prove_answers(prove):
    seeded = {1, 2}
    for answer, right in [([{"id": 2}, {"id": 1}], True), ([{"id": 2}], False), ({"id": 1}, False),
                          ([{"id": 1}, {"id": 2}, {"id": 2}], False)]:
        try:
            workload.listing(answer, {}, seeded)
            found = True
        except workload.Wrong:
            found = False
        prove(found == right, f"the list {answer} is taken for {'right' if found else 'wrong'}")
    good = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
    for octets, right in [
            (good, True), (good[:-5], False), (good[:-12], False), (good.replace(b"2\r", b"x\r"), False),
            (good.replace(b"2\r", b"1\r"), False), (good.replace(b"1.1", b"9.9"), False), (good[:20], False),
            (b"", False),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[]", False),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]]", False)]:
        prove(asyncio.run(is_whole(octets)) == right,
              f"the answer {octets} is taken for {'broken' if right else 'whole'}")


async def is_whole(octets):
    reader = asyncio.StreamReader()
    reader.feed_data(octets)
    reader.feed_eof()
    try:
        answer, _ = await http_client._answer(reader)
        return answer.body == b"[]"
    except http_client.Failed:
        return False


def prove_policy(prove):
    policy = "upstream:\n  first_byte_timeout: 25s\n  attempt_timeout: 25s # why\n  deadline: 55s\n"
    prove("attempt_timeout: 5s" in contestants.drilled_policy(policy), "HOSP's times are not scaled")
    for line in ("attempt_timeout: 25s", "deadline: 55s"):
        try:
            contestants.drilled_policy(policy.replace(line, "other: 1s"))
            prove(False, f"a policy without '{line}' is drilled")
        except contestants.Trouble:
            prove(True, "")
