/// Elastic Common Schema 8.11: https://www.elastic.co/guide/en/ecs/8.11/
enum ECSExport {
    static func line(_ record: TrailRecord) -> String? {
        guard let time = record.time else { return nil }
        var line = JSONObjectText()
        line.put("@timestamp", time)
        line.put("ecs") { $0.put("version", "8.11.0") }
        line.put("event") { event(record, &$0) }
        line.put("http") { http(record, &$0) }
        line.put("url") { url in
            url.put("path", record.path)
            url.put("domain", record.authority?.name)
            url.put("port", record.authority?.port)
        }
        line.put("client") { $0.put("ip", record.client) }
        line.put("source") { source in
            source.put("ip", record.peer ?? record.client)
            source.put("port", record.peerPort)
        }
        line.put("user") { user in
            user.put("name", record.user)
            user.put("id", record.staff)
        }
        line.put("user_agent") { $0.put("original", record.agent) }
        line.put("stent") { own(record, &$0) }
        return line.text
    }

    private static func event(_ record: TrailRecord, _ event: inout JSONObjectText) {
        event.put("kind", "event")
        event.put("category", ["web"])
        let isDenied = record.decisions.contains { $0.isRefusal && $0.isEnforced }
        event.put("type", isDenied ? ["access", "denied"] : ["access"])
        event.put("provider", "stent")
        event.put("dataset", "stent.audit")
        event.put("action", record.event)
        switch record.ending {
        case .success: event.put("outcome", "success")
        case .refused, .failed: event.put("outcome", "failure")
        case .unknown: event.put("outcome", "unknown")
        }
        event.put("reason", record.reason)
        event.put("duration", record.duration.map { $0.count.multipliedReportingOverflow(by: 1_000).partialValue })
        event.put("sequence", record.sequence)
        event.put("hash", record.hash)
    }

    private static func http(_ record: TrailRecord, _ http: inout JSONObjectText) {
        http.put("version", record.version.flatMap { $0.hasPrefix("HTTP/") ? String($0.dropFirst(5)) : nil })
        http.put("request") { request in
            request.put("id", record.id)
            request.put("method", record.method)
            request.put("body") { $0.put("bytes", record.bytesIn) }
        }
        http.put("response") { response in
            response.put("status_code", record.status)
            response.put("body") { $0.put("bytes", record.bytesOut) }
        }
    }

    /// What the schema has no field for.
    private static func own(_ record: TrailRecord, _ own: inout JSONObjectText) {
        own.put("listener", record.listener)
        own.put("purpose", record.purpose)
        own.put("for", record.parent)
        own.put("route", record.route)
        own.put("resource") { resource in
            resource.put("type", record.resourceType)
            resource.put("id", record.resourceID)
            resource.put("owner", record.owner)
        }
        own.put("cache", record.cache)
        own.put("retry", record.retry)
        own.put("outcome", record.outcome)
        own.put("override", record.override)
        own.put("tries", record.tryCount)
        own.put("queue_ms", raw: record.queue?.milliseconds)
        own.put("backoff_ms", raw: record.backoff?.milliseconds)
        own.put("decisions", objects: record.decisions.map(\.object))
    }
}

extension TrailRecord.Decision {
    var object: JSONObjectText {
        var object = JSONObjectText()
        object.put("policy", policy)
        object.put("mode", mode)
        object.put("result", result)
        object.put("reason", reason)
        return object
    }
}
