"""Tables and targets."""

import collections

import reuse
import workload

TARGETS = {  # of stent: share of client requests that must go well, in percent
    "calm": 100, "routine": 100, "faulty": 99.99, "brownout": 99.9, "surge": 99.99, "recovery": 99.9,
    "writes in the outage": 99.9,
}
OUTAGE_REQUESTS_PER_SECOND = 1
LATENCY_FACTOR = 2
READS_AT_HOSP = 0.15  # for each read of a client
SHOWN = 8  # failures that are told in full


def percentile(values, share):
    """Nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def success(entries):
    """Percent that went well; None of nothing."""
    return 100 * sum(entry.acknowledged for entry in entries) / len(entries) if entries else None


def of_kind(entries, kind):
    return [entry for entry in entries if entry.kind == kind]


def good_reads(entries):
    return [entry.took for entry in entries if entry.kind == "read" and entry.acknowledged]


def percent(share):
    """Never rounded up to a hundred."""
    if share is None:
        return "-"
    return "100" if share == 100 else f"{min(share, 99.999):.3f}".rstrip("0").rstrip(".")


class Pool:
    """All seeds of one contestant in one scenario."""

    def __init__(self, runs):
        self.runs = runs
        self.ledger = [entry for run in runs for entry in run.ledger]
        self.lost = [sentence for run in runs for sentence in run.verdict.lost]
        self.duplicated = [sentence for run in runs for sentence in run.verdict.duplicated]
        self.refused_but_done = [sentence for run in runs for sentence in run.verdict.refused_but_done]
        self.arrived = sum(run.arrived for run in runs)
        self.reads = sum(run.reuse.reads for run in runs)
        self.reads_at_hosp = sum(run.reuse.arrived for run in runs)
        self.own_reads = sum(run.reuse.own for run in runs)
        self.answers = sum((run.reuse.answers for run in runs), collections.Counter())
        self.known = [entry for run in runs for entry in run.reuse.known]
        self.has_outage = runs[0].outage is not None
        self.in_outage = [entry for run in runs for entry in run.in_outage()] if self.has_outage else []
        self.in_recovery = [entry for run in runs for entry in run.in_recovery()] if self.has_outage else []
        outage_seconds = sum(run.outage[1] - run.outage[0] for run in runs) if self.has_outage else 0
        self.outage_rate = sum(run.arrived_in_outage for run in runs) / outage_seconds if outage_seconds else None

    @property
    def reads_each(self):
        return self.reads_at_hosp / max(self.reads, 1)

    def row(self, entries, whole):
        reads = good_reads(entries)
        cells = [str(len(entries)), percent(success(entries)), percent(success(of_kind(entries, "read"))),
                 percent(success(of_kind(entries, "write")))]
        if whole:
            cells += [str(len(self.lost)), str(len(self.duplicated)), str(len(self.refused_but_done))]
        cells += [f"{percentile(reads, 0.5) * 1000:.0f}", f"{percentile(reads, 0.99) * 1000:.0f}"]
        if whole:
            cells += [str(sum(entry.stale for entry in entries)), f"{self.arrived / max(len(entries), 1):.2f}",
                      f"{self.reads_each:.2f}",
                      "-" if self.outage_rate is None else f"{self.outage_rate:.1f}"]
        return cells


PART = ["contestant", "requests", "success %", "reads ok %", "writes ok %", "p50 read ms", "p99 read ms"]
WHOLE = PART[:5] + ["lost", "duplicated", "done but refused"] + PART[5:] + ["stale own reads", "HOSP requests each",
                                                                           "HOSP reads each",
                                                                           "HOSP requests/s in outage"]
ANSWERED = ["read", "reads", "copy %", "along %", "first %", "written %", "expired %"]


def table(title, head, rows):
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = ["", title, ""]
    for row in [head, ["-" * width for width in widths], *rows]:
        lines.append("| " + " | ".join(cell.ljust(width) if at == 0 else cell.rjust(width)
                                        for at, (cell, width) in enumerate(zip(row, widths))) + " |")
    return "\n".join(lines)


def tables(name, pools):
    """The tables of a scenario; `pools` by contestant."""
    texts = [table(name, WHOLE, [[who, *pool.row(pool.ledger, True)] for who, pool in pools.items()])]
    if (pool := pools.get("stent")) and name in ("calm", "routine"):
        texts.append(table(f"{name}: where stent's answers to reads came from", ANSWERED, answered(pool)))
    if any(pool.has_outage for pool in pools.values()):
        texts += [table(f"{name}: what was in flight while HOSP was away", PART,
                        [[who, *pool.row(pool.in_outage, False)] for who, pool in pools.items()]),
                  table(f"{name}, recovery: what was begun after it", PART,
                        [[who, *pool.row(pool.in_recovery, False)] for who, pool in pools.items()])]
    return "\n".join(texts)


def answered(pool):
    """Rows of the table of answers, by operation."""
    rows = []
    for operation in [*(one for one, (_, kind) in workload.MIX.items() if kind == "read"), None]:
        counts = [sum(count for (what, how), count in pool.answers.items()
                      if how == column and operation in (what, None)) for column in ["copy", "along", *reuse.WHY]]
        total = sum(counts)
        rows.append([operation or "all", str(total), *(f"{100 * count / max(total, 1):.0f}" for count in counts)])
    return rows


def checks(name, pools):
    """(sentence, whether it held) for each target of stent's in a scenario; None where it can't be judged here."""
    if (pool := pools.get("stent")) is None:
        return []
    found = []

    def at_least(what, entries, key):
        share = success(entries)
        found.append((f"{what}: {percent(share)} % of {len(entries)} went well, target {TARGETS[key]} %",
                      None if share is None else share >= TARGETS[key]))
    if pool.has_outage:
        if name != "outage-long":  # nobody waits that long
            at_least(f"{name}, writes in the outage", of_kind(pool.in_outage, "write"), "writes in the outage")
        at_least(f"{name}, recovery", pool.in_recovery, "recovery")
    else:
        at_least(name, pool.ledger, name)
    for what, wrong in [("acknowledged and lost", pool.lost), ("duplicated", pool.duplicated),
                        ("done at HOSP but refused to the client", pool.refused_but_done)]:
        found.append((f"{name}: {len(wrong)} writes {what}, target 0", not wrong))
    if name == "outage-errors":  # where connections are refused nothing can arrive
        found.append((f"{name}: {pool.outage_rate:.2f} requests/s at HOSP in the outage, target < "
                      f"{OUTAGE_REQUESTS_PER_SECOND}", pool.outage_rate < OUTAGE_REQUESTS_PER_SECOND))
    if name in ("calm", "routine"):
        sentence = (f"{name}: {pool.reads_each:.2f} reads at HOSP for each of {pool.reads} of clients, "
                    f"{pool.own_reads} of them stent's own questions")
        # In `calm` a third of all requests are writes, and hardly anybody asks twice: little could be given again.
        found.append((f"{sentence}, target <= {READS_AT_HOSP}", pool.reads_each <= READS_AT_HOSP)
                     if name == "routine" else (f"{sentence}; judged in `routine`", None))
    if pool.has_outage:
        share = success(pool.known)
        copies = sum(reuse.how(entry) == "copy" for entry in pool.known)
        stale = sum(reuse.is_stale(entry) for entry in pool.known)
        p99 = percentile([entry.took for entry in pool.known], 0.99)
        found.append((f"{name}: {percent(share)} % of {len(pool.known)} reads in the outage of what was there before "
                      f"went well, target 100 %; {copies} were given a copy, {stale} of these a stale one, p99 "
                      f"{p99 * 1000:.0f} ms",
                      None if share is None else share == 100))
    if name == "faulty":
        p99 = percentile(good_reads(pool.ledger), 0.99)
        if "direct" in pools:
            own = percentile(good_reads(pools["direct"].ledger), 0.99)
            found.append((f"{name}: p99 of a read {p99 * 1000:.0f} ms, HOSP's own {own * 1000:.0f} ms, target < "
                          f"{LATENCY_FACTOR} x that", p99 < LATENCY_FACTOR * own))
        else:
            found.append((f"{name}: p99 of a read {p99 * 1000:.0f} ms; HOSP's own is measured by `direct`, which is "
                          "not in this run", None))
    bad = [run for run in pool.runs if run.exit_status != 0]
    found.append((f"{name}: stent ended cleanly in {len(pool.runs) - len(bad)} of {len(pool.runs)} runs", not bad))
    return found


def failures(name, who, pool):
    """What went wrong, in words: the kinds of failures counted, then the writes that went wrong."""
    lines = []
    kinds = collections.Counter(
        (entry.kind, entry.operation, entry.problem, entry.reason, entry.outcome)
        for entry in pool.ledger if not entry.acknowledged)
    for (kind, operation, problem, reason, outcome), count in kinds.most_common(SHOWN):
        lines.append(f"  {name}, {who}: {count} x {operation} ({kind}): {problem}" + (f", {reason}" if reason else "")
                     + (f", Stent-Outcome {outcome}" if outcome else ""))
    for run in pool.runs:
        for what, sentences in [("lost", run.verdict.lost), ("duplicated", run.verdict.duplicated),
                                ("done but refused", run.verdict.refused_but_done)]:
            lines += [f"  {name}, {who}, seed {run.seed}, {what}: {sentence}" for sentence in sentences[:SHOWN]]
    return lines


def as_json(name, who, pool):
    return {
        "scenario": name, "contestant": who,
        "runs": [{
            "seed": run.seed, "requests": len(run.ledger), "success_percent": success(run.ledger),
            "reads_percent": success(of_kind(run.ledger, "read")),
            "writes_percent": success(of_kind(run.ledger, "write")), **vars(run.verdict),
            "read_p50_ms": percentile(good_reads(run.ledger), 0.5) * 1000,
            "read_p99_ms": percentile(good_reads(run.ledger), 0.99) * 1000,
            "hosp_read_service_p99_ms": percentile(run.read_service, 0.99) * 1000,
            "reads_counted": run.reuse.reads, "reads_at_hosp": run.reuse.arrived, "own_reads": run.reuse.own,
            "answers": {f"{operation}: {how}": count for (operation, how), count in sorted(run.reuse.answers.items())},
            "known_reads_percent": success(run.reuse.known) if run.outage else None,
            "stale_own_reads": sum(entry.stale for entry in run.ledger), "arrived_at_hosp": run.arrived,
            "outage": run.outage, "arrived_in_outage": run.arrived_in_outage, "exit_status": run.exit_status,
            "outage_writes_percent": success(of_kind(run.in_outage(), "write")) if run.outage else None,
            "recovery_percent": success(run.in_recovery()) if run.outage else None,
            "failures": [vars(entry) for entry in run.ledger if not entry.acknowledged],
        } for run in pool.runs],
    }


