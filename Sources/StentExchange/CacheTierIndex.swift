import StentPolicy

/// Where a copy lies on the disk.
package struct CacheTierPlace: Sendable, Equatable {
    package var segment: UInt64
    /// In bytes, from the segment's beginning.
    package var offset: Int
    /// In bytes, with all that is around the payload.
    package var length: Int

    package init(segment: UInt64, offset: Int, length: Int) {
        self.segment = segment
        self.offset = offset
        self.length = length
    }
}

/// Which copies a disk tier has, and where: all that it keeps in memory, within a bound of bytes.
///
/// A copy is in it from the moment in which it is handed over, so that every removal reaches it, and gets its place when it
/// is written; until then nobody finds it. Places are given in the order in which the disk is written, and so what is oldest
/// there is at the head of one list.
///
/// No call takes a time that depends on the number of copies, but for those that are made in steps. A copy takes
/// `overhead` bytes beside its key, variant and label.
package struct CacheTierIndex: Sendable {
    /// Which copy is meant, whoever had its number before.
    package struct ID: Sendable, Equatable {
        package let number: Int
        package let serial: UInt64

        package init(number: Int, serial: UInt64) {
            self.number = number
            self.serial = serial
        }

        package init(_ item: CacheTierItem) { self.init(number: item.number, serial: item.serial) }
    }

    /// What is needed to read a copy, and to know it again.
    package struct Entry: Sendable {
        package let key: [UInt8]
        package let variant: [UInt8]
        package let label: [UInt8]
        package let mark: CacheTierMark
        package let place: CacheTierPlace
    }

    /// How far a walk over all copies has come. Those that are there from its beginning to its end are met once.
    package struct Walk: Sendable {
        package enum Progress: Sendable, Equatable {
            case more
            case done
        }

        fileprivate var position = 0
        fileprivate var end: Int?
        package fileprivate(set) var removed = 0
        package init() {}
    }

    private struct Item: Sendable {
        /// Row of its key; negative where nobody has this number.
        var row: Int32
        /// The next variant of its key, an older one; the next free number.
        var sibling: Int32
        var older = CacheTierIndex.none
        var newer = CacheTierIndex.none
        var serial: UInt64
        var variant: [UInt8]
        var label: [UInt8]
        var mark: CacheTierMark
        /// `nil` until it is written.
        var place: CacheTierPlace?
    }

    /// Bytes of memory for a copy beside its key, variant and label: item, row, bucket, and three headers of arrays.
    package static let overhead = 320
    /// Variants of one key: as many as in memory.
    package static let mostVariants = 32
    /// Copies that make room for one, at most.
    private static let mostEvictions = 8
    private static let none: Int32 = -1

    /// Bytes of memory.
    private let capacity: Int
    private var keys = KeyTable()
    private var items = Chunked<Item>()
    private var free = Self.none
    private var oldest = Self.none
    private var newest = Self.none
    private var serials: UInt64 = 0

    /// Copies that have a place.
    package private(set) var copies = 0
    /// Bytes of memory.
    package private(set) var bytes = 0
    /// Copies that made room for others.
    package private(set) var evicted = 0

    package init(capacity: Int) { self.capacity = capacity }

    /// The same, without a copy; numbers that were given out before mean nothing to it.
    package func emptied() -> CacheTierIndex {
        var index = CacheTierIndex(capacity: capacity)
        index.serials = serials
        index.evicted = evicted
        return index
    }

    // MARK: One copy

    /// Takes a copy that is yet to be written; the one of the same key and variant goes in any case.
    ///
    /// - Returns: `nil` where there is no room.
    package mutating func add(
        _ key: CacheTierKey, variant: [UInt8], label: [UInt8], mark: CacheTierMark
    ) -> ID? {
        remove(key, variant)
        let charge = Self.charge(key.bytes, variant, label)
        guard charge <= capacity else { return nil }
        var evictions = 0
        while bytes > capacity - charge {
            guard evictions < Self.mostEvictions, oldest >= 0 else { return nil }
            remove(Int(oldest))
            evicted += 1
            evictions += 1
        }
        guard keys.hasRoom, free >= 0 || items.count < Int(Int32.max) else { return nil }
        let row = keys.find(key.bytes.span, hash: key.hash) ?? keys.add(key.bytes.span, hash: key.hash)
        serials += 1
        let item = Item(
            row: Int32(truncatingIfNeeded: row), sibling: keys.mark(of: row), serial: serials, variant: variant,
            label: label, mark: mark)
        let number: Int
        if free >= 0 {
            number = Int(free)
            free = items[number].sibling
            items[number] = item
        } else {
            number = items.count
            items.append(item)
        }
        keys.setMark(of: row, to: Int32(truncatingIfNeeded: number))
        bytes += charge
        removeSurplus(of: number)
        return ID(number: number, serial: serials)
    }

    package enum Placing: Sendable, Equatable {
        case placed
        /// Somebody removed it while it was written.
        case gone
    }

    /// The copy is written: it is the newest from now on.
    @discardableResult
    package mutating func place(_ id: ID, at place: CacheTierPlace) -> Placing {
        guard isThere(id), items[id.number].place == nil else { return .gone }
        let number = Int32(truncatingIfNeeded: id.number)
        items[id.number].place = place
        items[id.number].older = newest
        if newest >= 0 { items[Int(newest)].newer = number } else { oldest = number }
        newest = number
        copies += 1
        return .placed
    }

    package enum Writing: Sendable, Equatable {
        case wanted
        /// Removed or no longer valid.
        case gone
    }

    /// Asked before a copy is written.
    package mutating func mayWrite(_ id: ID, standing: (CacheTierMark) -> CacheTierStanding) -> Writing {
        guard isThere(id) else { return .gone }
        switch standing(items[id.number].mark) {
        case .current, .stale: return .wanted
        case .invalid:
            remove(id.number)
            return .gone
        }
    }

    private func isThere(_ id: ID) -> Bool {
        id.number < items.count && items[id.number].row >= 0 && items[id.number].serial == id.serial
    }

    package mutating func remove(_ id: ID) {
        if isThere(id) { remove(id.number) }
    }

    /// What is to be read; `nil` where it is gone or no longer valid, and then it is removed.
    package mutating func entry(_ id: ID, standing: (CacheTierMark) -> CacheTierStanding) -> Entry? {
        guard isThere(id), let entry = entry(at: id.number) else { return nil }
        switch standing(entry.mark) {
        case .current, .stale: return entry
        case .invalid:
            remove(id.number)
            return nil
        }
    }

    // MARK: One key

    /// - Parameter isMeant: asked of every variant that is written and valid, the newest first.
    package mutating func find(
        _ key: CacheTierKey, standing: (CacheTierMark) -> CacheTierStanding, where isMeant: ([UInt8]) -> Bool
    ) -> CacheTierFound {
        guard let row = keys.find(key.bytes.span, hash: key.hash) else { return .nothing }
        var found = CacheTierFound.nothing
        var next = keys.mark(of: row)
        while next >= 0 {
            let number = Int(next)
            next = items[number].sibling
            guard let place = items[number].place else { continue }
            let standing = standing(items[number].mark)
            switch standing {
            case .invalid: remove(number)
            case .current, .stale:
                guard isMeant(items[number].variant) else {
                    found = .otherVariant
                    continue
                }
                let item = items[number]
                return .copy(
                    CacheTierItem(
                        number: number, serial: item.serial, label: item.label, mark: item.mark, standing: standing,
                        bytes: place.length))
            }
        }
        return found
    }

    /// Removes all variants of a key.
    package mutating func remove(_ key: CacheTierKey) {
        guard let row = keys.find(key.bytes.span, hash: key.hash) else { return }
        var next = keys.mark(of: row)
        while next >= 0 {
            let number = Int(next)
            next = items[number].sibling
            remove(number)
        }
    }

    /// Removes one variant of a key.
    package mutating func remove(_ key: CacheTierKey, _ variant: [UInt8]) {
        guard let row = keys.find(key.bytes.span, hash: key.hash) else { return }
        var next = keys.mark(of: row)
        while next >= 0 {
            let number = Int(next)
            next = items[number].sibling
            if items[number].variant == variant { remove(number) }
        }
    }

    private mutating func removeSurplus(of number: Int) {
        var last = number
        var variants = 1
        while items[last].sibling >= 0 {
            last = Int(items[last].sibling)
            variants += 1
        }
        guard variants > Self.mostVariants else { return }
        remove(last)
        evicted += 1
    }

    // MARK: All keys

    /// Removes copies by key, looking at no more than `steps` numbers: to be called again until it is done, so that the lock
    /// is free in between.
    package mutating func remove(
        _ walk: inout Walk, steps: Int, where isMeant: (_ key: [UInt8]) -> Bool
    ) -> Walk.Progress {
        let end = min(walk.end ?? items.count, items.count)
        walk.end = end
        let stop = min(end, walk.position + max(1, min(steps, end)))
        while walk.position < stop {
            let number = walk.position
            walk.position += 1
            guard items[number].row >= 0, isMeant(keys.key(of: Int(items[number].row))) else { continue }
            remove(number)
            walk.removed += 1
        }
        return walk.position < end ? .more : .done
    }

    /// Removes what lies in this segment and in older ones, no more than `steps` copies.
    package mutating func removeOldest(through segment: UInt64, steps: Int) -> Walk.Progress {
        for _ in 0..<max(1, steps) {
            guard oldest >= 0, let place = items[Int(oldest)].place, place.segment <= segment else { return .done }
            remove(Int(oldest))
            evicted += 1
        }
        return .more
    }

    /// Calls `body` with everything that is written, the oldest first.
    package func forEach<Failure: Error>(_ body: (Entry) throws(Failure) -> Void) throws(Failure) {
        var next = oldest
        while next >= 0 {
            if let entry = entry(at: Int(next)) { try body(entry) }
            next = items[Int(next)].newer
        }
    }

    // MARK: Steps

    private func entry(at number: Int) -> Entry? {
        let item = items[number]
        guard let place = item.place else { return nil }
        return Entry(
            key: keys.key(of: Int(item.row)), variant: item.variant, label: item.label, mark: item.mark, place: place)
    }

    private mutating func remove(_ number: Int) {
        let row = Int(items[number].row)
        let sibling = items[number].sibling
        bytes -= Self.charge(keys.key(of: row), items[number].variant, items[number].label)
        unlink(number)
        if keys.mark(of: row) == Int32(truncatingIfNeeded: number) {
            if sibling >= 0 { keys.setMark(of: row, to: sibling) } else { keys.remove(row) }
        } else {
            var before = Int(keys.mark(of: row))
            while Int(items[before].sibling) != number { before = Int(items[before].sibling) }
            items[before].sibling = sibling
        }
        items[number].row = Self.none
        items[number].variant = []
        items[number].label = []
        items[number].sibling = free
        free = Int32(truncatingIfNeeded: number)
    }

    private mutating func unlink(_ number: Int) {
        guard items[number].place != nil else { return }
        items[number].place = nil
        copies -= 1
        let (older, newer) = (items[number].older, items[number].newer)
        if older >= 0 { items[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { items[Int(newer)].older = older } else { newest = older }
    }

    private static func charge(_ key: [UInt8], _ variant: [UInt8], _ label: [UInt8]) -> Int {
        overhead + key.count + variant.count + label.count
    }
}
