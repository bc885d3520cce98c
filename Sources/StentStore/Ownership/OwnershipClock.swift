import StentModel
import StentExchange

/// Owners of a bounded number of records; one that was not asked for lately makes room for a new one (the CLOCK rule: the
/// hand passes those that were used since it came by last, and takes the next).
///
/// That a record is gone is kept as well: it saves asking the store.
struct OwnershipClock {
    /// What is known of one record.
    enum Entry: Sendable, Equatable {
        case owner(String)
        case gone
        case unknown

        init(_ owner: String?) { self = owner.map { .owner($0) } ?? .gone }
    }

    /// Hashed by its id alone, which takes half as long: two kinds of record share an id now and then, no more.
    private struct Key: Hashable {
        var record: OwnedRecord

        static func == (left: Key, right: Key) -> Bool {
            left.record.id == right.record.id && left.record.resource == right.record.resource
        }

        func hash(into hasher: inout Hasher) { hasher.combine(record.id) }
    }

    private struct Slot {
        var record: OwnedRecord
        var owner: String?
        /// Asked for since the hand came by.
        var isUsed = false
    }

    /// The hand stops here at the latest: a look-up of somebody else's waits for the lock that this runs under.
    private static let longestWay = 64

    private let capacity: Int
    private var slots: [Slot] = []
    private var index: [Key: Int] = [:]
    private var hand = 0

    /// - Parameter capacity: at least 1. Room for all is made at once, so that none needs to be made under a lock; the
    ///   system gives the memory as it is used.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
        slots.reserveCapacity(self.capacity)
        index.reserveCapacity(self.capacity)
    }

    var count: Int { slots.count }

    mutating func find(_ record: OwnedRecord) -> Entry {
        guard let position = index[Key(record: record)] else { return .unknown }
        if !slots[position].isUsed { slots[position].isUsed = true }
        return Entry(slots[position].owner)
    }

    /// - Parameter owner: `nil`: the record is gone.
    mutating func put(_ record: OwnedRecord, _ owner: String?) {
        if let position = index[Key(record: record)] {
            slots[position].owner = owner
        } else if slots.count < capacity {
            index[Key(record: record)] = slots.count
            slots.append(Slot(record: record, owner: owner))
        } else {
            let position = freed()
            index[Key(record: slots[position].record)] = nil
            index[Key(record: record)] = position
            slots[position] = Slot(record: record, owner: owner)
        }
    }

    private mutating func freed() -> Int {
        for _ in 0..<Self.longestWay where slots[hand].isUsed {
            slots[hand].isUsed = false
            hand = (hand + 1) % capacity
        }
        defer { hand = (hand + 1) % capacity }
        return hand
    }
}
