import StentAudit
import StentModel

/// One worker's counters: written on its loop without a lock, read by copying them there.
package struct WorkerMetrics: Sendable {
    /// What requests are counted by.
    package struct RequestKey: Hashable, Sendable {
        package var route: String
        /// 1 to 5; 0 where the client was sent no status.
        package var statusClass: Int
        package var reason: Reason
    }

    /// What decisions of policies are counted by.
    package struct DecisionKey: Hashable, Sendable {
        package var policy: ExchangeRecord.Decision.Policy
        package var mode: PolicyMode
        package var result: ExchangeRecord.Decision.Result
        package var reason: Reason
    }

    /// A distribution of durations.
    package struct Histogram: Sendable {
        /// Upper bounds in seconds; a last bucket without bound follows.
        package static let bounds: [Double] = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
        ]
        private static let boundNanoseconds = bounds.map { Int64($0 * 1e9) }

        /// By bucket, not cumulated.
        package private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
        /// Of all observations.
        package private(set) var sum = TimeSpan.zero

        package init() {}

        mutating func observe(_ span: TimeSpan) {
            let bounds = Self.boundNanoseconds
            var index = 0
            while index < bounds.count, span.nanoseconds > bounds[index] { index += 1 }
            counts[index] &+= 1
            sum = TimeSpan(nanoseconds: sum.nanoseconds &+ span.nanoseconds)
        }

        package mutating func merge(_ other: Histogram) {
            for index in counts.indices { counts[index] &+= other.counts[index] }
            sum = TimeSpan(nanoseconds: sum.nanoseconds &+ other.sum.nanoseconds)
        }
    }

    /// A dictionary whose key rarely changes from one use to the next: the last one's value is found without hashing.
    struct Recent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
        private var places: [Key: Int] = [:]
        private var entries: [(key: Key, value: Value)] = []
        private var last = 0

        var dictionary: [Key: Value] { places.mapValues { entries[$0].value } }

        @inline(__always)
        mutating func update(_ key: Key, default initial: @autoclosure () -> Value, _ change: (inout Value) -> Void) {
            if last >= entries.count || entries[last].key != key { find(key, initial()) }
            change(&entries[last].value)
        }

        @inline(never)
        private mutating func find(_ key: Key, _ initial: @autoclosure () -> Value) {
            last = places[key] ?? entries.count
            if last == entries.count {
                places[key] = last
                entries.append((key, initial()))
            }
        }
    }

    private var requestCounts = Recent<RequestKey, UInt64>()
    private var routeDurations = Recent<String, Histogram>()
    private var attemptCounts = Recent<Reason?, UInt64>()
    private var decisionCounts = Recent<DecisionKey, UInt64>()
    private var cacheCounts = Recent<ExchangeRecord.CacheUse, UInt64>()
    package var requests: [RequestKey: UInt64] { requestCounts.dictionary }
    /// Durations of exchanges by route.
    package var durations: [String: Histogram] { routeDurations.dictionary }
    /// Attempts by how they ended; `nil` is a complete answer that was taken.
    package var attempts: [Reason?: UInt64] { attemptCounts.dictionary }
    /// What policies decided.
    package var decisions: [DecisionKey: UInt64] { decisionCounts.dictionary }
    /// What the cache did with requests.
    package var cacheUses: [ExchangeRecord.CacheUse: UInt64] { cacheCounts.dictionary }
    /// Requests that waited for what another one fetched.
    package var collapsed: UInt64 = 0
    package var connectionsAccepted: UInt64 = 0
    package var connectionsOpen = 0
    package var connectionsRefused: [Reason: UInt64] = [:]
    package var tlsHandshakes: UInt64 = 0
    package var tlsFailures: UInt64 = 0
    package var exchangesActive = 0
    package var upstreamOpened: UInt64 = 0
    package var upstreamOpen = 0
    package var upstreamIdle = 0
    package var upstreamWaiting = 0
    /// Content of requests that is kept for an attempt to come.
    package var keptBytes = 0
    /// By `host:port`.
    package var upstreamServers: [String: UpstreamServerMetrics] = [:]
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0

    package init() {}

    mutating func count(_ record: borrowing ExchangeRecord) {
        let key = RequestKey(route: record.route, statusClass: record.status / 100, reason: record.reason)
        requestCounts.update(key, default: 0) { $0 &+= 1 }
        routeDurations.update(key.route, default: Histogram()) { $0.observe(record.duration) }
        for attempt in record.attempts { attemptCounts.update(attempt.failure, default: 0) { $0 &+= 1 } }
        for decision in record.decisions {
            let key = DecisionKey(
                policy: decision.policy, mode: decision.mode, result: decision.result, reason: decision.reason)
            decisionCounts.update(key, default: 0) { $0 &+= 1 }
        }
        if let use = record.cache { cacheCounts.update(use, default: 0) { $0 &+= 1 } }
        if record.isCollapsed { collapsed &+= 1 }
        bytesIn &+= UInt64(max(0, record.bytesIn))
        bytesOut &+= UInt64(max(0, record.bytesOut))
    }

    package mutating func merge(_ other: WorkerMetrics) {
        for (key, count) in other.requests { requestCounts.update(key, default: 0) { $0 &+= count } }
        for (route, histogram) in other.durations {
            routeDurations.update(route, default: Histogram()) { $0.merge(histogram) }
        }
        for (key, count) in other.attempts { attemptCounts.update(key, default: 0) { $0 &+= count } }
        for (key, count) in other.decisions { decisionCounts.update(key, default: 0) { $0 &+= count } }
        for (use, count) in other.cacheUses { cacheCounts.update(use, default: 0) { $0 &+= count } }
        collapsed &+= other.collapsed
        connectionsAccepted &+= other.connectionsAccepted
        connectionsOpen += other.connectionsOpen
        connectionsRefused.merge(other.connectionsRefused) { $0 &+ $1 }
        tlsHandshakes &+= other.tlsHandshakes
        tlsFailures &+= other.tlsFailures
        exchangesActive += other.exchangesActive
        upstreamOpened &+= other.upstreamOpened
        upstreamOpen += other.upstreamOpen
        upstreamIdle += other.upstreamIdle
        upstreamWaiting += other.upstreamWaiting
        keptBytes += other.keptBytes
        for (label, server) in other.upstreamServers { upstreamServers[label, default: .init()].merge(server) }
        bytesIn &+= other.bytesIn
        bytesOut &+= other.bytesOut
    }
}
