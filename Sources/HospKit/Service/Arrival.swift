/// One line of the log of what arrived.
package struct Arrival: Sendable {
    /// From 0, in order of arrival since start or reset.
    package let sequence: Int
    package let at: Timestamp
    package let method: String
    /// The target as received, cut at 8 KiB.
    package let target: String
    /// The route's pattern, such as `/notes/{id}`.
    package let pattern: String
    /// Name and value of each field, a line each, in the order of arrival; credentials are masked.
    let fieldLines: String
    /// The name in Basic credentials, proven or not.
    package let user: String?
    package let bodyLength: Int
    package let bodyFingerprint: Fingerprint
    /// Number of the connection, from 1.
    package let connection: Int
    package let fault: Fault?
    package let serviceMilliseconds: Int
    /// The status that was sent, whole or not; nil where none was, or not yet.
    package var status: Int?
    /// What changed in the store; nil where nothing did, or not yet.
    package var commit: Answer.Commit?
    /// Whether the work behind it is over (done, skipped or lost).
    package var isFinished = false

    /// The fields as they came, duplicates included.
    package var fields: [(name: String, value: String)] {
        fieldLines.split(separator: "\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts.first ?? ""), String(parts.dropFirst().first ?? ""))
        }
    }

    init(_ job: Job, at: Timestamp, connection: Int) {
        sequence = job.sequence
        self.at = at
        method = job.request.method
        target = Self.cut(job.request.target, at: 8192)
        pattern = job.route.pattern
        user = job.request.variable("AUTHORIZATION").flatMap(BasicCredentials.init)?.name
        fieldLines = Self.lines(job.request.fields)
        bodyLength = job.request.body.count
        bodyFingerprint = Fingerprint(job.request.body)
        self.connection = connection
        fault = job.plan.fault
        serviceMilliseconds = job.plan.serviceMilliseconds
    }

    private static func lines(_ fields: [(name: String, value: String)]) -> String {
        var lines = ""
        for (name, value) in fields {
            lines += name
            lines += ":"
            lines += isSecret(name) ? masked(value) : cut(value, at: 1024)
            lines += "\n"
        }
        return lines
    }

    private static func isSecret(_ name: String) -> Bool {
        switch name.utf8.count {
        case 6, 13, 19: ["authorization", "proxy-authorization", "cookie"].contains(name.lowercased())
        default: false
        }
    }

    private static func masked(_ value: String) -> String {
        let scheme = value.prefix { $0 != " " }
        return scheme.utf8.count < value.utf8.count ? "\(cut(String(scheme), at: 16)) ***" : "***"
    }

    private static func cut(_ text: String, at limit: Int) -> String {
        text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self)
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("sequence", sequence)
        writer.member("at", at.description)
        writer.member("connection", connection)
        writer.member("method", method)
        writer.member("target", target)
        writer.member("pattern", pattern)
        writer.key("user")
        writer.value(user.map { .string($0) } ?? .null)
        writer.key("headers")
        writer.beginArray()
        for (name, value) in fields {
            writer.beginArray()
            writer.value(name)
            writer.value(value)
            writer.endArray()
        }
        writer.endArray()
        writer.member("body-length", bodyLength)
        writer.member("body-fingerprint", bodyFingerprint.hex)
        writer.key("fault")
        writer.value(fault.map { .string($0.rawValue) } ?? .null)
        writer.member("service-ms", serviceMilliseconds)
        writer.key("status")
        writer.value(status.map { .integer($0) } ?? .null)
        writer.member("finished", isFinished)
        writer.member("committed", commit != nil)
        if let commit {
            writer.key("commit")
            writer.value(
                .object([
                    "kind": .string(commit.kind.rawValue), "resource": .string(commit.resource.rawValue),
                    "id": .integer(commit.id),
                ]))
        }
        writer.endObject()
    }
}
