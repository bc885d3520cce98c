import StentModel

/// Creates of equal content take turns, and the records they led to are claimed.
///
/// Of two creates whose records a list does not tell apart, one may find the other's record when it asks what became of
/// its own. So the second waits until the first has its outcome; and the id of a record that a client was given as an
/// outcome is kept for a while, so that it is never given as a second one.
///
/// One register serves all workers, behind the shell's lock: every call takes constant time, spread over many.
/// A create that doesn't fail costs one `enter` and one `leave`.
package struct CreateRegister: Sendable {
    /// A create that waits for its turn; never used twice.
    package struct WaiterID: Sendable, Hashable {
        package let value: UInt64
    }

    package enum Entry: Sendable, Equatable {
        /// It is this create's turn, until `leave`.
        case go
        /// Another of equal content is under way; `leave` or `cancel` will name this one when its turn has come.
        case wait(WaiterID)
    }

    /// Those of one key: exactly one has the turn.
    private struct Lane: Sendable {
        /// The one whose turn it is, where it had to wait for it.
        var holder: WaiterID?
        /// In the order they came; those cancelled still stand in it.
        var queue: [WaiterID] = []
        /// Where the queue begins.
        var first = 0
        var waiting = 0
    }

    private struct Claim: Sendable {
        var record: CreateKey
        var until: Moment
    }

    private let lifetime: TimeSpan
    private let capacity: Int
    private var lanes: [CreateKey: Lane] = [:]
    /// Those that wait, and those that waited and now have the turn.
    private var waiters: [WaiterID: CreateKey] = [:]
    private var newest: UInt64 = 0
    /// Claimed records as key and id in one: hashes, so that no upstream can fill the memory with long ids.
    private var claimed: Set<CreateKey> = []
    /// The same in the order they were claimed, which is that of their ends.
    private var claims: [Claim] = []
    /// Where those begin that are not forgotten.
    private var oldest = 0

    /// - Parameters:
    ///   - lifetime: how long an id stays claimed. Longer than an exchange can last, with its clock's uncertainty.
    ///   - capacity: ids claimed at most; the oldest is forgotten for another one.
    package init(lifetime: TimeSpan = .seconds(600), capacity: Int = 65_536) {
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
    }

    /// Creates under way or waiting, and ids claimed.
    package var size: (lanes: Int, waiting: Int, claims: Int) {
        (lanes.count, lanes.values.reduce(0) { $0 + $1.waiting }, claimed.count)
    }

    // MARK: Turns

    /// A create is about to be sent.
    package mutating func enter(_ key: CreateKey, now: Moment) -> Entry {
        forget(now)
        guard lanes[key] != nil else {
            lanes[key] = Lane()
            return .go
        }
        newest += 1
        let waiter = WaiterID(value: newest)
        waiters[waiter] = key
        lanes[key]?.queue.append(waiter)
        lanes[key]?.waiting += 1
        return .wait(waiter)
    }

    /// The create whose turn it was has its outcome.
    ///
    /// One whose outcome stays unknown leaves as well: the next one may then find its record and take it for its own.
    /// Both clients asked for the same record, one was told that nothing is known; waiting longer would help neither.
    ///
    /// - Parameter id: of the record that its client is given; `nil` where there is none.
    /// - Returns: whose turn it is now.
    package mutating func leave(_ key: CreateKey, claimed id: String?, now: Moment) -> WaiterID? {
        forget(now)
        if let id { claim(key.with(id: id), until: now.advanced(by: lifetime)) }
        return passOn(key)
    }

    /// A waiting create is given up. One whose turn had come in the meantime passes it on.
    ///
    /// - Returns: whose turn it is now, where it was this one's.
    package mutating func cancel(_ waiter: WaiterID, now: Moment) -> WaiterID? {
        forget(now)
        guard let key = waiters[waiter], let lane = lanes[key] else { return nil }
        if lane.holder == waiter { return passOn(key) }
        waiters[waiter] = nil
        lanes[key]?.waiting -= 1
        compact(key)
        return nil
    }

    private mutating func passOn(_ key: CreateKey) -> WaiterID? {
        guard var lane = lanes.removeValue(forKey: key) else {
            preconditionFailure("only a create that entered leaves, and once")
        }
        if let holder = lane.holder { waiters[holder] = nil }
        while lane.first < lane.queue.count {
            let next = lane.queue[lane.first]
            lane.first += 1
            guard waiters[next] != nil else { continue }  // cancelled
            lane.holder = next
            lane.waiting -= 1
            lanes[key] = lane
            compact(key)
            return next
        }
        return nil
    }

    /// Drops what is no longer waited for once it is the greater part of the queue.
    private mutating func compact(_ key: CreateKey) {
        guard let lane = lanes[key], lane.queue.count > 16, lane.waiting < lane.queue.count / 2 else { return }
        lanes[key]?.queue = lane.queue[lane.first...].filter { waiters[$0] != nil }
        lanes[key]?.first = 0
    }

    // MARK: Claims

    /// Whether the record of this id was already given to a client as the outcome of a create of this key.
    package func isClaimed(id: String, under key: CreateKey) -> Bool { claimed.contains(key.with(id: id)) }

    private mutating func claim(_ record: CreateKey, until: Moment) {
        guard claimed.insert(record).inserted else { return }
        if claimed.count > capacity { dropOldest() }
        claims.append(Claim(record: record, until: until))
    }

    /// Forgets a few of those whose time is over: more than can be claimed by one call, so that none stays for long.
    private mutating func forget(_ now: Moment) {
        for _ in 0..<4 {
            guard oldest < claims.count, claims[oldest].until <= now else { return }
            dropOldest()
        }
    }

    private mutating func dropOldest() {
        claimed.remove(claims[oldest].record)
        oldest += 1
        guard oldest > 1024, oldest > claims.count / 2 else { return }
        claims.removeFirst(oldest)
        oldest = 0
    }
}
