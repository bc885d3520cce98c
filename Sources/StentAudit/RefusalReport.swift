import StentModel

/// Who was refused what, and who would have been: made of the audit trail's lines.
package struct RefusalReport: Sendable {
    /// Refusals that have everything in common but their time.
    package struct Key: Sendable, Hashable {
        package var policy: String
        package var mode: String
        package var reason: String
        /// Name and id of the caller, as far as they are known.
        package var user: String
        package var actor: String
        package var method: String
        package var route: String
        package var resource: String
    }

    package struct Row: Sendable, Equatable {
        package var key: Key
        package var count: Int
        /// Times of the first and the last, as the trail has them.
        package var first: String
        package var last: String
        /// The request id of the last.
        package var example: String
    }

    private var rows: [Key: Row] = [:]
    /// Refusals of kinds that there was no room for.
    package private(set) var uncounted = 0
    private let policies: Set<String>
    private let limit: Int

    /// - Parameters:
    ///   - policies: raw values of `ExchangeRecord.Decision.Policy`; empty means all.
    ///   - limit: kinds of refusals beyond which further ones are only counted.
    package init(policies: Set<String>, limit: Int = 10_000) {
        self.policies = policies
        self.limit = limit
    }

    /// Counts one line; one that is none is passed over.
    package mutating func add(line: [UInt8]) {
        guard let root = (try? JSONDocument(line))?.root, let decisions = root[name: "decisions"] else { return }
        for decision in decisions.elements {
            guard decision[name: "result"]?.string == ExchangeRecord.Decision.Result.refused.rawValue,
                let policy = decision[name: "policy"]?.string, policies.isEmpty || policies.contains(policy)
            else { continue }
            let key = Key(
                policy: policy, mode: decision[name: "mode"]?.string ?? "",
                reason: decision[name: "reason"]?.string ?? "", user: root[name: "actor"]?[name: "user"]?.string ?? "",
                actor: root[name: "actor"]?[name: "id"]?.string ?? "", method: root[name: "method"]?.string ?? "",
                route: root[name: "route"]?.string ?? "", resource: root[name: "resource"]?[name: "type"]?.string ?? "")
            count(key, time: root[name: "time"]?.string ?? "", id: root[name: "id"]?.string ?? "")
        }
    }

    private mutating func count(_ key: Key, time: String, id: String) {
        if var row = rows[key] {
            row.count += 1
            row.first = min(row.first, time)
            if time >= row.last {
                row.last = time
                row.example = id
            }
            rows[key] = row
        } else if rows.count < limit {
            rows[key] = Row(key: key, count: 1, first: time, last: time, example: id)
        } else {
            uncounted += 1
        }
    }

    /// The most frequent first.
    package var sorted: [Row] {
        rows.values.sorted {
            ($1.count, $0.key.policy, $0.key.reason, $0.key.user, $0.key.route)
                < ($0.count, $1.key.policy, $1.key.reason, $1.key.user, $1.key.route)
        }
    }
}
