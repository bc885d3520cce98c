import StentAudit
import StentProxy

/// What the cache did, and what is in it.
extension MetricsPage {
    static func cache(_ server: StentServer, _ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        guard let cache = server.gate.cache else { return }
        let numbers = cache.numbers
        page.add(
            "stent_cache_requests_total", .counter, "Requests that the cache had a say in, by what it did.",
            metrics.cacheUses.map { ("\($0.key.text)", $0.value) }.sorted { $0.0 < $1.0 }
                .map { ([("use", $0.0)], Double($0.1)) })
        page.add(
            "stent_cache_collapsed_total", .counter, "Requests that waited for what another one fetched.",
            [([], Double(metrics.collapsed))])
        page.add("stent_cache_entries", .gauge, "Answers that are kept.", [([], Double(numbers.entries))])
        page.add("stent_cache_bytes", .gauge, "Memory that they take.", [([], Double(numbers.bytes))])
        page.add(
            "stent_cache_capacity_bytes", .gauge, "Memory that they may take.", [([], Double(cache.capacity.value))])
        page.add(
            "stent_cache_evictions_total", .counter, "Answers that made room for others.",
            [([], Double(numbers.evictions))])
        page.add(
            "stent_cache_waiting", .gauge, "Requests that wait for what another one fetches.",
            [([], Double(numbers.waiting))])
    }
}
