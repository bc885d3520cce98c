import StentAudit
import StentModel
import StentProxy
import StentStore

/// `/status`: what stent is doing, as JSON for `stent status` and for scripts. Keys are an interface: they are added, never
/// renamed.
enum StatusDocument {
    /// Jobs of the outbox that are listed.
    private static let jobsShown = 100

    static func make(_ server: StentServer) async -> [UInt8] {
        var object = JSONObject()
        object.add("version", StentVersion.text)
        object.add("settings", server.digest)
        object.add("state", server.isDraining ? "draining" : server.isReady ? "ready" : "not-ready")
        object.add("audit_writable", server.audit.accepts)
        if let cache = server.gate.cache { object.add("cache", json: CacheDocument.numbers(cache)) }
        if let gauges = server.gate.outbox?.gauges { object.add("outbox", json: await outbox(server, gauges)) }
        if let metrics = server.stores.ledger?.metrics {
            var ledger = JSONObject()
            ledger.add("records", metrics.rows)
            ledger.add("in_memory", metrics.remembered)
            ledger.add("failing", metrics.isFailing)
            object.add("ledger", json: ledger.text)
        }
        let findings = server.gate.answers.findings.sorted {
            ($1.value, $0.key.operation, $0.key.pointer) < ($0.value, $1.key.operation, $1.key.pointer)
        }
        object.add("answers_differing", json: "[\(findings.map { finding($0.key, $0.value) }.joined(separator: ","))]")
        return Array((object.text + "\n").utf8)
    }

    private static func finding(_ finding: AnswerObserver.Finding, _ count: Int) -> String {
        var object = JSONObject()
        object.add("operation", finding.operation)
        object.add("status", finding.status)
        object.add("pointer", finding.pointer)
        object.add("problem", finding.sentence)
        object.add("count", count)
        return object.text
    }

    private static func outbox(_ server: StentServer, _ gauges: OutboxDesk.Gauges) async -> String {
        var object = JSONObject()
        object.add("waiting", gauges.waiting)
        object.add("waiting_for_author", gauges.waitingForAuthor)
        object.add("sending", gauges.sending)
        object.add("waiting_for_store", gauges.waitingForStore)
        object.add("not_kept", gauges.lost)
        object.add("unreadable", gauges.unreadable)
        guard let store = server.stores.outbox else { return object.text }
        object.add("written", store.metrics.jobs.written)
        object.add("refused", store.metrics.jobs.refused)
        object.add("failing", store.metrics.isFailing)
        let jobs = await withCheckedContinuation { continuation in
            store.list(atMost: jobsShown) { continuation.resume(returning: $0) }
        }
        object.add("jobs", json: "[\((jobs ?? []).map(job).joined(separator: ","))]")
        return object.text
    }

    private static func job(_ job: WaitingJob) -> String {
        var object = JSONObject()
        object.add("id", job.id)
        object.add("created", time(job.created))
        object.add("author", job.author.id)
        object.add("author_name", job.author.name)
        object.add("target", job.target)
        object.add("tries", job.tries)
        return object.text
    }

    private static func time(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: 27) { (text: inout OutputSpan<UInt8>) in Timestamp.append(time, to: &text) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
