"""Proves on made-up ledgers that the judge finds each kind of wrong, and finds none where there is none."""

import asyncio

import contestants
import http_client
import judge
import report
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
