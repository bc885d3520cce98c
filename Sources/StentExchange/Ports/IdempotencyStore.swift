import StentModel

/// Where requests with Idempotency-Key and their answers are remembered, across restarts
/// (draft-ietf-httpapi-idempotency-key-header-07).
///
/// Called from any event loop; no call blocks. An answer comes on a thread of the store's (after the store was shut
/// down: on the caller's, before the call returns), exactly once, and the shell hops back to its loop with it. Calls about
/// one scope that happen after one another take effect in that order.
///
/// Who got `.first` owes the store one `complete` or one `abandon`; until then every other request of that scope is
/// `.inFlight`. Who got anything else owes it nothing.
package protocol IdempotencyStore: AnyObject, Sendable {
    /// A request with a key begins.
    ///
    /// `.first` is answered only once a power failure can't make the store forget it: the request may then go upstream.
    ///
    /// - Parameter fingerprint: equal for two requests exactly where they ask for the same; opaque, and kept.
    func begin(
        _ scope: IdempotencyScope, fingerprint: [UInt8], now: WallTime,
        _ answer: @escaping @Sendable (IdempotencyBegin) -> Void)

    /// The exchange has its final answer, which is kept before the client gets it.
    ///
    /// - Parameter done: hears `true` once a power failure can't make the store forget it. On `false` the answer is not
    ///   kept, and the request with this key counts as one of unknown outcome: neither done again nor answered from here.
    func complete(
        _ scope: IdempotencyScope, _ answer: KeptAnswer, now: WallTime,
        _ done: @escaping @Sendable (Bool) -> Void)

    /// The exchange ended without an answer to keep.
    func abandon(_ scope: IdempotencyScope, _ ending: IdempotencyEnding, now: WallTime)
}

/// What one Idempotency-Key means: 32 bytes, a keyed hash of caller, route and key, so that nothing secret is stored.
package struct IdempotencyScope: Sendable, Hashable {
    // Four words and not one vector, whose 32-byte alignment the allocator of async frames does not give.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Length in bytes.
    package static let count = 32

    /// - Parameter bytes: exactly 32; `nil` for any other number.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        var rest = bytes[...]
        func word() -> UInt64 {
            defer { rest = rest.dropFirst(8) }
            return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        first = word()
        second = word()
        third = word()
        fourth = word()
    }

    package var bytes: [UInt8] {
        [first, second, third, fourth].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }
}

/// What the store knows of a request that begins.
package enum IdempotencyBegin: Sendable, Equatable {
    /// Nothing: it may be done, and its end is to be told.
    case first
    /// Another request of this scope is under way in this process.
    case inFlight
    /// The key was used for something else.
    case reused
    /// It was done; this was the answer.
    case kept(KeptAnswer)
    /// It was begun, and nobody here knows how it ended: an earlier process was killed, an exchange never learned it, or
    /// its answer could not be kept.
    case unknown(firstTry: WallTime)
    /// The store can't read or write at present.
    case unavailable
}

/// How an exchange ended that has no answer to keep.
package enum IdempotencyEnding: Sendable, Equatable {
    /// Nothing was done: the key is forgotten and may be used again.
    case notDone
    /// It may have been done: the key stays used, and is answered `unknown`.
    case unknown
}

/// A final answer as it is given again.
package struct KeptAnswer: Sendable, Equatable {
    package var status: Int
    /// Field lines, each with its CR LF.
    package var fields: [UInt8]
    package var content: [UInt8]

    package init(status: Int, fields: [UInt8], content: [UInt8]) {
        self.status = status
        self.fields = fields
        self.content = content
    }
}
