import StentModel

/// How far the generations of some groups had come when a fetch began.
///
/// A sum over the groups is enough: generations only ever rise, so that the sums of two moments are equal where
/// every one of them is. They have 64 bits and never wrap.
package struct CacheStamp: Sendable, Hashable {
    fileprivate var hard: UInt64
    fileprivate var soft: UInt64
    fileprivate var fence: UInt64
}

/// What has been written and purged, by groups: the generations that entries and fetches are compared with.
///
/// A fixed number of slots, so that a write invalidates all it reaches in constant time, whatever is stored. A fetch takes
/// a stamp before its request is sent, the entry made of it keeps the stamp; a look-up asks for the entry's standing.
///
/// A write bumps its groups before its client is answered, so that a look-up after the answer finds them changed. After
/// an ambiguous one, which may take effect yet, they are held: what was fetched before that time is over is not stored.
package struct CacheStamps: Sendable {
    package enum Purge: Sendable, Equatable, CaseIterable {
        /// What there is must not be used any more.
        case hard
        /// What there is counts as stale from now on, whatever its freshness.
        case soft
    }

    package enum Standing: Sendable, Equatable, CaseIterable {
        case current
        /// Purged softly: to be served only where a stale entry may be.
        case stale
        /// Written to or purged: not to be served at all.
        case invalid
    }

    package enum Storing: Sendable, Equatable, CaseIterable {
        case allowed
        /// Something was written or purged since the fetch began.
        case superseded
        /// A write may have taken effect after the fetch began, or may yet.
        case held
    }

    private struct Slot: Sendable {
        var hard: UInt64 = 0
        var soft: UInt64 = 0
        var heldUntil = Moment(nanoseconds: .min)
    }

    private var slots: [Slot]
    private let mask: Int
    /// What reaches everything.
    private var all = Slot()
    private var fences: UInt64 = 0

    /// - Parameter slots: rounded up to a power of two; 24 bytes each.
    package init(slots count: Int = 65_536) {
        var size = 1
        while size < min(count, 1 << 24) { size <<= 1 }
        slots = Array(repeating: Slot(), count: size)
        mask = size - 1
    }

    // MARK: What a fetch and its entry ask

    /// Taken before the request is sent.
    package func note(_ groups: CacheGroups) -> CacheStamp {
        var stamp = CacheStamp(hard: all.hard, soft: all.soft, fence: fences)
        for position in 0..<groups.count {
            let slot = slots[place(groups[position])]
            stamp.hard &+= slot.hard
            stamp.soft &+= slot.soft
        }
        return stamp
    }

    /// - Parameter stamp: what the entry's fetch noted of the same groups.
    package func standing(_ stamp: CacheStamp, _ groups: CacheGroups) -> Standing {
        let present = note(groups)
        guard present.hard == stamp.hard else { return .invalid }
        return present.soft == stamp.soft ? .current : .stale
    }

    /// Whether what a fetch brought may be stored.
    ///
    /// A soft purge since does not forbid it: what is stored then is stale from the first.
    ///
    /// - Parameter began: before the request was sent.
    package func mayStore(_ stamp: CacheStamp, _ groups: CacheGroups, began: Moment) -> Storing {
        let present = note(groups)
        guard present.hard == stamp.hard, present.fence == stamp.fence else { return .superseded }
        for position in 0..<groups.count where began < slots[place(groups[position])].heldUntil { return .held }
        return .allowed
    }

    // MARK: Writes and purges

    package mutating func bump(_ groups: CacheGroups, _ purge: Purge = .hard) {
        for position in 0..<groups.count {
            switch purge {
            case .hard: slots[place(groups[position])].hard += 1
            case .soft: slots[place(groups[position])].soft += 1
            }
        }
    }

    /// What is fetched before this moment is not stored; `bump` is for what is stored already.
    package mutating func hold(_ groups: CacheGroups, until moment: Moment) {
        for position in 0..<groups.count {
            let place = place(groups[position])
            slots[place].heldUntil = max(slots[place].heldUntil, moment)
        }
    }

    package mutating func bumpEverything(_ purge: Purge = .hard) {
        switch purge {
        case .hard: all.hard += 1
        case .soft: all.soft += 1
        }
    }

    /// Keeps out what is being fetched at the moment, and leaves alone what is stored: for a purge that walks over the
    /// entries.
    package mutating func fence() { fences += 1 }

    private func place(_ hash: UInt32) -> Int { Int(truncatingIfNeeded: hash) & mask }
}
