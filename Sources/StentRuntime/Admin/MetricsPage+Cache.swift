import StentAudit
import StentExchange
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
        if let disk = cache.tierNumbers { Self.disk(disk, &page) }
    }

    private static func disk(_ disk: CacheTierNumbers, _ page: inout PrometheusText) {
        let gauges: [(name: StaticString, help: StaticString, value: Int)] = [
            ("stent_cache_disk_copies", "Copies on the disk.", disk.copies),
            ("stent_cache_disk_bytes", "Bytes of the cache's files.", disk.bytes),
            ("stent_cache_disk_index_bytes", "Memory that their keys take.", disk.indexBytes),
            ("stent_cache_disk_waiting_bytes", "Bytes that wait to be written.", disk.waiting),
            ("stent_cache_disk_failing", "1 while nothing can be written.", disk.isFailing ? 1 : 0),
        ]
        for gauge in gauges { page.add("\(gauge.name)", .gauge, "\(gauge.help)", [([], Double(gauge.value))]) }
        let counters: [(name: StaticString, help: StaticString, value: Int)] = [
            ("stent_cache_disk_hits_total", "Copies read from the disk.", disk.hits),
            ("stent_cache_disk_damaged_total", "Copies that were altered, or could not be read.", disk.damaged),
            ("stent_cache_disk_dropped_total", "Copies that were not written.", disk.dropped),
            ("stent_cache_disk_evictions_total", "Copies that made room for others.", disk.evicted),
            ("stent_cache_disk_reads_refused_total", "Reads that found too many waiting.", disk.readsRefused),
            ("stent_cache_disk_write_errors_total", "Writes that failed.", disk.writeErrors),
        ]
        for counter in counters {
            page.add("\(counter.name)", .counter, "\(counter.help)", [([], Double(counter.value))])
        }
    }
}
