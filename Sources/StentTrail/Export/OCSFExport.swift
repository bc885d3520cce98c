import StentModel

/// Open Cybersecurity Schema Framework 1.3, class API Activity: https://schema.ocsf.io/1.3.0/classes/api_activity
enum OCSFExport {
    static func line(_ record: TrailRecord) -> String? {
        guard let time = record.time, let stamp = TrailTime.stamp(time) else { return nil }
        var line = JSONObjectText()
        line.put("category_uid", 6)
        line.put("class_uid", 6003)
        line.put("activity_id", activity(record))
        if case .other = record.action { line.put("activity_name", record.method) }
        line.put("type_uid", 600_300 + activity(record))
        line.put("time", Int(stamp.nanoseconds / 1_000_000))
        // Informational: the trail rates nothing.
        line.put("severity_id", 1)
        switch record.ending {
        case .success: line.put("status_id", 1)
        case .refused, .failed: line.put("status_id", 2)
        case .unknown: line.put("status_id", 0)
        }
        line.put("status_code", record.status.map(String.init))
        line.put("status_detail", record.reason)
        line.put("duration", record.duration.map { $0.count / 1_000 })
        line.put("metadata") { metadata(record, time, &$0) }
        line.put("actor") { actor in
            actor.put("user") { user in
                user.put("name", record.user)
                user.put("uid", record.staff)
                // Unknown, where nobody said who is asking: the class requires an actor.
                if user.isEmpty { user.put("type_id", 0) }
            }
        }
        line.put("src_endpoint") { endpoint in
            endpoint.put("ip", record.client)
            if record.peer == nil { endpoint.put("port", record.peerPort) }
        }
        line.put("api") { api in
            api.put("operation", [record.method, record.route].compactMap { $0 }.joined(separator: " "))
            api.put("request") { $0.put("uid", record.id ?? "") }
            api.put("response") { $0.put("code", record.status) }
        }
        line.put("http_request") { request in
            request.put("http_method", record.method)
            request.put("url") { url in
                url.put("hostname", record.authority?.name)
                url.put("port", record.authority?.port)
                url.put("path", record.path)
            }
            request.put("user_agent", record.agent)
            request.put("length", record.bytesIn)
        }
        line.put("http_response") { response in
            guard let status = record.status else { return }
            response.put("code", status)
            response.put("length", record.bytesOut)
        }
        if record.resourceType != nil { line.put("resources", objects: [resource(record)]) }
        line.put("unmapped") { unmapped(record, &$0) }
        return line.text
    }

    private static func activity(_ record: TrailRecord) -> Int {
        switch record.action {
        case .create: 1
        case .read: 2
        case .update: 3
        case .delete: 4
        case .other: 99
        }
    }

    private static func metadata(_ record: TrailRecord, _ time: String, _ metadata: inout JSONObjectText) {
        metadata.put("version", "1.3.0")
        metadata.put("product") { product in
            product.put("name", "stent")
            product.put("vendor_name", "stent")
        }
        metadata.put("log_name", "audit")
        metadata.put("original_time", time)
        metadata.put("sequence", record.sequence)
        metadata.put("correlation_uid", record.parent)
    }

    private static func resource(_ record: TrailRecord) -> JSONObjectText {
        var resource = JSONObjectText()
        resource.put("type", record.resourceType)
        resource.put("uid", record.resourceID)
        // Empty: it is nobody's.
        if let owner = record.owner, !owner.isEmpty { resource.put("owner") { $0.put("uid", owner) } }
        return resource
    }

    private static func unmapped(_ record: TrailRecord, _ unmapped: inout JSONObjectText) {
        unmapped.put("purpose", record.purpose)
        unmapped.put("cache", record.cache)
        unmapped.put("retry", record.retry)
        unmapped.put("outcome", record.outcome)
        unmapped.put("override", record.override)
        unmapped.put("tries", record.tryCount)
        unmapped.put("decisions", objects: record.decisions.map(\.object))
        unmapped.put("hash", record.hash)
    }
}
