import Glibc
import NIOCore
import StentModel
import StentProxy
import StentStore

/// The figures in Prometheus' text format (exposition format 0.0.4).
enum MetricsPage {
    static func make(_ server: StentServer) async -> [UInt8] {
        var metrics = WorkerMetrics()
        for (worker, loop) in zip(server.workers, server.loops) {
            if let part = try? await loop.submit({ worker.value.currentMetrics() }).get() { metrics.merge(part) }
        }
        var page = PrometheusText()
        page.add("stent_build_info", .gauge, "Version of stent.", [([("version", StentVersion.text)], 1)])
        requests(metrics, &page)
        connections(metrics, &page)
        upstream(metrics, &page)
        servers(metrics, &page)
        success(metrics, &page)
        reliability(server, metrics, &page)
        policies(server, metrics, &page)
        cache(server, metrics, &page)
        audit(server.audit.metrics, accepts: server.audit.accepts, &page)
        process(&page)
        return page.bytes
    }

    private static func requests(_ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        let rows = metrics.requests.sorted {
            ($0.key.route, $0.key.statusClass, $0.key.reason.rawValue)
                < ($1.key.route, $1.key.statusClass, $1.key.reason.rawValue)
        }
        page.add(
            "stent_requests_total", .counter, "Exchanges that ended, by route, class of the status sent, and reason.",
            rows.map { key, count in
                let status = key.statusClass == 0 ? "none" : "\(key.statusClass)xx"
                return ([("route", key.route), ("status", status), ("reason", key.reason.rawValue)], Double(count))
            })
        page.addHistograms(
            "stent_request_duration_seconds", "From a request's head to the end of its exchange, by route.",
            bounds: WorkerMetrics.Histogram.bounds,
            metrics.durations.sorted { $0.key < $1.key }.map { route, histogram in
                (("route", route), histogram.counts, histogram.sum.milliseconds / 1_000)
            })
        page.add(
            "stent_exchanges_active", .gauge, "Exchanges with the upstream under way.",
            [([], Double(metrics.exchangesActive))])
        page.add(
            "stent_request_content_bytes_total", .counter, "Content received from clients.",
            [([], Double(metrics.bytesIn))])
        page.add(
            "stent_response_content_bytes_total", .counter, "Content sent to clients.", [([], Double(metrics.bytesOut))]
        )
    }

    private static func connections(_ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        page.add("stent_connections_open", .gauge, "Client connections.", [([], Double(metrics.connectionsOpen))])
        page.add(
            "stent_connections_accepted_total", .counter, "Client connections accepted.",
            [([], Double(metrics.connectionsAccepted))])
        page.add(
            "stent_connections_refused_total", .counter, "Client connections refused, by reason.",
            metrics.connectionsRefused.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { ([("reason", $0.key.rawValue)], Double($0.value)) })
        page.add(
            "stent_tls_handshakes_total", .counter, "TLS handshakes with clients, by result.",
            [
                ([("result", "good")], Double(metrics.tlsHandshakes)),
                ([("result", "failed")], Double(metrics.tlsFailures)),
            ])
    }

    private static func upstream(_ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        page.add(
            "stent_upstream_tries_total", .counter, "Attempts at the upstream, by how they ended.",
            metrics.attempts.map { ($0.key?.rawValue ?? "answered", $0.value) }.sorted { $0.0 < $1.0 }
                .map { ([("result", $0.0)], Double($0.1)) })
        page.add(
            "stent_upstream_connections", .gauge, "Connections to the upstream, by state.",
            [
                ([("state", "idle")], Double(metrics.upstreamIdle)),
                ([("state", "busy")], Double(metrics.upstreamOpen - metrics.upstreamIdle)),
            ])
        page.add(
            "stent_upstream_connections_opened_total", .counter, "Connections to the upstream that were opened.",
            [([], Double(metrics.upstreamOpened))])
        page.add(
            "stent_upstream_waiting", .gauge, "Requests that wait for an upstream connection.",
            [([], Double(metrics.upstreamWaiting))])
    }

    private static func audit(_ metrics: AuditMetrics, accepts: Bool, _ page: inout PrometheusText) {
        page.add("stent_audit_writable", .gauge, "1 while the trail takes records.", [([], accepts ? 1 : 0)])
        page.add(
            "stent_audit_queue_bytes", .gauge, "Bytes that wait to be written.", [([], Double(metrics.queueBytes))])
        page.add("stent_audit_lines_total", .counter, "Lines written.", [([], Double(metrics.linesWritten))])
        page.add("stent_audit_bytes_total", .counter, "Bytes written.", [([], Double(metrics.bytesWritten))])
        page.add("stent_audit_lines_dropped_total", .counter, "Lines lost.", [([], Double(metrics.linesDropped))])
        page.add("stent_audit_errors_total", .counter, "Failed file operations.", [([], Double(metrics.writeErrors))])
        page.add("stent_audit_rotations_total", .counter, "Segments closed.", [([], Double(metrics.rotations))])
        page.add("stent_audit_failing", .gauge, "1 while nothing can be written.", [([], metrics.isFailing ? 1 : 0)])
        page.add("stent_audit_sequence", .gauge, "Number of the last line.", [([], Double(metrics.sequence))])
        page.add(
            "stent_audit_seal_sequence", .gauge, "Number of the newest seal's line.",
            [([], Double(metrics.sealSequence))])
        page.add(
            "stent_audit_seal_timestamp_seconds", .gauge, "When the newest seal was made.",
            [([], Double(metrics.sealTime) / 1e9)])
        page.add("stent_audit_syncs_total", .counter, "Flushes to the disk.", [([], Double(metrics.syncs))])
        page.add(
            "stent_audit_sync_seconds_total", .counter, "Time that these took.",
            [([], Double(metrics.syncNanoseconds) / 1e9)])
        page.add(
            "stent_audit_sync_longest_seconds", .gauge, "The longest of them.",
            [([], Double(metrics.longestSyncNanoseconds) / 1e9)])
        page.add("stent_audit_segments", .gauge, "Closed segments that are there.", [([], Double(metrics.segments))])
        page.add(
            "stent_audit_segments_bytes", .gauge, "Their bytes, those of compressed ones as they lie there.",
            [([], Double(metrics.segmentBytes))])
        page.add(
            "stent_audit_segments_aged_out_total", .counter, "Segments removed because of age, size or number.",
            [([], Double(metrics.segmentsAgedOut))])
        if let free = metrics.freeBytes {
            page.add("stent_audit_disk_free_bytes", .gauge, "Room of the trail's file system.", [([], Double(free))])
        }
    }

    private static func process(_ page: inout PrometheusText) {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        page.add(
            "process_cpu_seconds_total", .counter, "CPU time of the process.",
            [([], seconds(usage.ru_utime) + seconds(usage.ru_stime))])
        if let text = try? Files.read("/proc/self/statm") {
            let pages = String(decoding: text, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap {
                Double($0)
            }
            page.add(
                "process_resident_memory_bytes", .gauge, "Resident memory of the process.",
                [([], (pages ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))))])
        }
    }
}
