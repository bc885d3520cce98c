import StentModel

/// One line of the trail, read as far as is asked for.
///
/// Keys that are absent are absent: lines of other versions are read as well.
package struct TrailRecord: Sendable {
    private let root: JSONValue

    /// `nil` where the line is no JSON object.
    package init?(_ line: [UInt8]) {
        guard let root = (try? JSONDocument(line))?.root, root.kind == .object else { return nil }
        self.root = root
    }

    package enum Phase: String, Sendable {
        case intent, outcome
    }

    package var time: String? { root[name: "time"]?.string }
    /// `nil` for lines about stent itself.
    package var phase: Phase? { root[name: "phase"]?.string.flatMap(Phase.init) }
    package var event: String? { root[name: "event"]?.string }
    package var id: String? { root[name: "id"]?.string }
    package var listener: String? { root[name: "listener"]?.string }
    package var version: String? { root[name: "protocol"]?.string }
    package var purpose: String? { root[name: "purpose"]?.string }
    /// What stent made the request for.
    package var parent: String? { root[name: "for"]?.string }
    package var client: String? { root[name: "client"]?.string }
    /// Where it is not the client.
    package var peer: String? { root[name: "peer"]?.string }
    package var peerPort: Int? { root[name: "peer_port"]?.integer }
    package var user: String? { root[name: "actor"]?[name: "user"]?.string }
    package var staff: String? { root[name: "actor"]?[name: "id"]?.string }
    package var method: String? { root[name: "method"]?.string }
    package var host: String? { root[name: "host"]?.string }
    package var route: String? { root[name: "route"]?.string }
    package var path: String? { root[name: "path"]?.string }
    package var agent: String? { root[name: "agent"]?.string }
    package var resourceType: String? { root[name: "resource"]?[name: "type"]?.string }
    package var resourceID: String? { root[name: "resource"]?[name: "id"]?.string }
    package var owner: String? { root[name: "resource"]?[name: "owner"]?.string }
    package var patient: String? { root[name: "resource"]?[name: "patient"]?.string }
    package var cache: String? { root[name: "cache"]?.string }
    package var isCollapsed: Bool { root[name: "collapsed"]?.kind == .true }
    package var override: String? { root[name: "override"]?.string }
    package var status: Int? { root[name: "status"]?.integer }
    package var reason: String? { root[name: "reason"]?.string }
    package var retry: String? { root[name: "retry"]?.string }
    package var outcome: String? { root[name: "outcome"]?.string }
    package var bytesIn: Int? { root[name: "bytes_in"]?.integer }
    package var bytesOut: Int? { root[name: "bytes_out"]?.integer }
    package var duration: Microseconds? { root[name: "duration_ms"]?.microseconds }
    package var queue: Microseconds? { root[name: "queue_ms"]?.microseconds }
    package var backoff: Microseconds? { root[name: "backoff_ms"]?.microseconds }
    package var sequence: Int? { root[name: "seq"]?.integer }
    package var hash: String? { root[name: "hash"]?.string }

    package struct Decision: Sendable, Equatable {
        package var policy: String
        package var mode: String
        package var result: String
        package var reason: String

        package var isRefusal: Bool { result == "refused" }
        package var isEnforced: Bool { mode == "enforce" }
    }

    package var decisions: [Decision] {
        root[name: "decisions"]?.elements.map { decision in
            Decision(
                policy: decision[name: "policy"]?.string ?? "", mode: decision[name: "mode"]?.string ?? "",
                result: decision[name: "result"]?.string ?? "", reason: decision[name: "reason"]?.string ?? "")
        } ?? []
    }

    package struct Try: Sendable, Equatable {
        package var start: Microseconds?
        package var duration: Microseconds?
        package var pause: Microseconds?
        package var status: Int?
        package var cause: String?
        package var isVerification: Bool
        package var isHedge: Bool
        package var isProbe: Bool
    }

    package var tryCount: Int { root[name: "tries"]?.count ?? 0 }

    package var tries: [Try] {
        root[name: "tries"]?.elements.map { attempt in
            Try(
                start: attempt[name: "start_ms"]?.microseconds, duration: attempt[name: "duration_ms"]?.microseconds,
                pause: attempt[name: "pause_ms"]?.microseconds, status: attempt[name: "status"]?.integer,
                cause: attempt[name: "cause"]?.string, isVerification: attempt[name: "verifies"]?.kind == .true,
                isHedge: attempt[name: "hedge"]?.kind == .true, isProbe: attempt[name: "probe"]?.kind == .true)
        } ?? []
    }

    /// What an event says beside its name, as text.
    package var details: [(name: String, value: String)] {
        root[name: "details"]?.members.map { ($0.name, $0.value.text) } ?? []
    }
}

/// A length of time of a line, which has three decimals of a millisecond.
package struct Microseconds: Sendable, Hashable, Comparable {
    package var count: Int

    package init(_ count: Int) { self.count = count }

    package static func < (left: Microseconds, right: Microseconds) -> Bool { left.count < right.count }

    /// In milliseconds with three decimals, as lines have it.
    package var milliseconds: String {
        let rest = String(count % 1_000)
        return "\(count / 1_000)." + String(repeating: "0", count: 3 - rest.utf8.count) + rest
    }
}

extension JSONValue {
    fileprivate var integer: Int? { number.flatMap { Int($0) } }

    /// Of a number of milliseconds that is not negative; further decimals are cut off.
    fileprivate var microseconds: Microseconds? {
        guard let number else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int(parts[0]), whole >= 0, whole < Int.max / 2_000 else { return nil }
        guard parts.count == 2 else { return Microseconds(whole * 1_000) }
        let digits = parts[1].prefix(3)
        guard !digits.isEmpty, let decimals = Int(digits), decimals >= 0 else { return nil }
        let scale = digits.utf8.count == 1 ? 100 : digits.utf8.count == 2 ? 10 : 1
        return Microseconds(whole * 1_000 + decimals * scale)
    }

    /// For people: a string without quotes, anything else as it was written.
    fileprivate var text: String {
        if let string { return string }
        if let number { return number }
        switch kind {
        case .null: return "null"
        case .true: return "true"
        case .false: return "false"
        case .array: return elements.map(\.text).joined(separator: ", ")
        case .object: return members.map { "\($0.name) \($0.value.text)" }.joined(separator: ", ")
        case .string, .number: return ""
        }
    }
}
