import StentProxy
import StentStore

/// What the policies decided, and what they know.
extension MetricsPage {
    static func policies(_ server: StentServer, _ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        let rows = metrics.decisions.sorted {
            ($0.key.policy.rawValue, $0.key.mode.rawValue, $0.key.reason.rawValue)
                < ($1.key.policy.rawValue, $1.key.mode.rawValue, $1.key.reason.rawValue)
        }
        page.add(
            "stent_policy_decisions_total", .counter,
            "Decisions of policies, by policy, mode, result and reason; what is allowed is counted for ownership alone.",
            rows.map { key, count in
                (
                    [
                        ("policy", key.policy.rawValue), ("mode", key.mode.rawValue), ("result", key.result.rawValue),
                        ("reason", key.reason.rawValue),
                    ], Double(count)
                )
            })
        if let size = server.gate.proofs?.size {
            page.add(
                "stent_identity_credentials", .gauge, "Credentials of which something is known.",
                [([], Double(size.entries))])
            page.add(
                "stent_identity_waiting", .gauge, "Requests that wait to learn who their caller is.",
                [([], Double(size.waiting))])
        }
        page.add(
            "stent_contract_answers_differing_total", .counter,
            "Answers of the upstream that are not as the contract says, by operation.",
            server.gate.answers.invalid.sorted { $0.key < $1.key }
                .map { ([("operation", $0.key)], Double($0.value)) })
        outbox(server, &page)
        ledger(server, &page)
    }

    private static func outbox(_ server: StentServer, _ page: inout PrometheusText) {
        guard let gauges = server.gate.outbox?.gauges else { return }
        page.add(
            "stent_outbox_jobs", .gauge, "Records that stent is yet to write, by what they wait for.",
            [
                ([("state", "author")], Double(gauges.waitingForAuthor)),
                ([("state", "sending")], Double(gauges.sending)),
                ([("state", "store")], Double(gauges.waitingForStore)),
                ([("state", "turn")], Double(max(0, gauges.waiting - gauges.waitingForAuthor - gauges.sending))),
            ])
        page.add(
            "stent_outbox_lost_total", .counter, "Answers that should have been written down and could not be kept.",
            [([("cause", "store")], Double(gauges.lost)), ([("cause", "unreadable")], Double(gauges.unreadable))])
    }

    private static func ledger(_ server: StentServer, _ page: inout PrometheusText) {
        guard let metrics = server.stores.ledger?.metrics else { return }
        page.add(
            "stent_ledger_records", .gauge, "Records whose owner is known, by where.",
            [
                ([("in", "memory")], Double(metrics.remembered)), ([("in", "store")], Double(metrics.rows)),
            ])
        page.add("stent_ledger_finds_total", .counter, "Look-ups in the store.", [([], Double(metrics.finds))])
        page.add(
            "stent_ledger_misses_total", .counter, "Look-ups that found nothing, so that the upstream was asked.",
            [([], Double(metrics.misses))])
        page.add(
            "stent_ledger_errors_total", .counter, "Failed operations of the store.", [([], Double(metrics.failures))])
    }
}
