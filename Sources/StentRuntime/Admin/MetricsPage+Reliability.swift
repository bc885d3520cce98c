import StentExchange
import StentModel
import StentPolicy
import StentProxy

extension MetricsPage {
    /// How well clients are served, to be read beside `stent_upstream_tries_total`: how well the upstream serves stent.
    static func success(_ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        var counts: [String: UInt64] = ["good": 0, "failed": 0, "refused": 0, "gone": 0]
        for (key, count) in metrics.requests { counts[result(of: key), default: 0] &+= count }
        page.add(
            "stent_exchanges_total", .counter,
            "Exchanges by what came of them: answered by the upstream below 500, failed, refused by stent, client gone.",
            counts.sorted { $0.key < $1.key }.map { ([("result", $0.key)], Double($0.value)) })
    }

    private static func result(of key: WorkerMetrics.RequestKey) -> String {
        if key.reason == .clientGone || key.reason == .clientStalled { return "gone" }
        if key.reason == .upstreamStatus { return "failed" }
        guard let (status, _) = key.reason.answer else { return key.statusClass == 5 ? "failed" : "good" }
        let area = key.reason.rawValue.prefix { $0 != "." }
        return area == "admission" || status < 500 ? "refused" : "failed"
    }

    /// Limit, queue, breaker and budget.
    static func reliability(_ server: StentServer, _ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        let gauges = server.gate.admission.gauges
        page.add(
            "stent_admission_limit", .gauge,
            "Attempts allowed at the upstream at once; absent where there is no limit.",
            gauges.limit.map { [([], Double($0))] } ?? [])
        page.add(
            "stent_admission_in_flight", .gauge, "Attempts at the upstream.", [([], Double(gauges.inFlight))])
        page.add(
            "stent_admission_waiting", .gauge, "Attempts that wait for their turn, by priority.",
            gauges.waiting.sorted { $0.key < $1.key }.map { ([("priority", "\($0.key)")], Double($0.value)) })
        page.add(
            "stent_admission_refusals_total", .counter, "Attempts that were not admitted, by reason.",
            gauges.refusals.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { ([("reason", $0.key.rawValue)], Double($0.value)) })
        if let state = gauges.breaker {
            page.add(
                "stent_breaker_state", .gauge, "1 for the state that the breaker is in.",
                Breaker.State.allCases.map { ([("state", $0.rawValue)], $0 == state ? 1 : 0) })
            page.add(
                "stent_breaker_openings_total", .counter, "How often the breaker opened.",
                [([], Double(gauges.breakerOpenings))])
        }
        page.add(
            "stent_request_content_kept_bytes", .gauge, "Content of requests kept for an attempt to come.",
            [([], Double(metrics.keptBytes))])
        page.add(
            "stent_retry_budget_tokens", .gauge, "Retries in hand.", [([], gauges.budgetTokens)])
        guard let keys = server.keys?.store.metrics else { return }
        page.add(
            "stent_idempotency_keys", .gauge, "Idempotency keys that are remembered.", [([], Double(keys.keys))])
        page.add(
            "stent_idempotency_failing", .gauge, "1 while keys can't be kept, and requests with one are refused.",
            [([], keys.isFailing ? 1 : 0)])
    }
}
