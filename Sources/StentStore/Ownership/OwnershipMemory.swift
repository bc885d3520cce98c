import StentExchange
import Synchronization

/// What the ledger knows without the disk, and what the disk is yet to be told.
///
/// A fact stays here until it is written, whatever is forgotten meanwhile: so the store is only asked about records that it
/// has the last word on. Where too many facts wait they are given up, and nothing in the store counts any more until all of
/// it has been removed.
final class OwnershipMemory: Sendable {
    /// A number of facts that go into the store together.
    struct Unwritten: Sendable {
        var facts: [OwnedRecord: String?]
        /// The store is to be emptied first.
        var removesAll: Bool
        fileprivate var overflows: Int
    }

    struct Counts: Sendable, Equatable {
        var remembered = 0
        var unwritten = 0
        var overflows = 0
    }

    private struct State {
        var clock: OwnershipClock
        var waiting: [OwnedRecord: String?] = [:]
        /// Taken by the thread, and not known to be written.
        var taken: [OwnedRecord: String?] = [:]
        /// How often facts were given up, and how often that was when the store was emptied last.
        var overflows = 0
        var overflowsMadeGood = 0

        var isStoreTrusted: Bool { overflows == overflowsMadeGood }
    }

    /// Bytes of an id or a name of a resource that are remembered; no service's ids are longer.
    private static let longest = 64
    /// Facts taken in while the lock is held once: those who look up must not wait for a long list.
    private static let lockedFacts = 64

    private let capacity: Int
    private let unwrittenLimit: Int
    private let state: Mutex<State>

    init(capacity: Int, unwrittenLimit: Int) {
        self.capacity = capacity
        self.unwrittenLimit = unwrittenLimit
        state = Mutex(State(clock: OwnershipClock(capacity: capacity)))
    }

    /// What is known of a record, which the store is not asked for then.
    func find(_ record: OwnedRecord) -> OwnershipClock.Entry {
        state.withLock { state in
            let entry = state.clock.find(record)
            guard case .unknown = entry else { return entry }
            if let owner = state.waiting[record] ?? state.taken[record] { return OwnershipClock.Entry(owner) }
            return state.isStoreTrusted ? .unknown : .gone
        }
    }

    /// The owner, where one is known.
    func owner(of record: OwnedRecord) -> String? {
        state.withLock { state in
            switch state.clock.find(record) {
            case .owner(let owner): return owner
            case .gone: return nil
            case .unknown:
                if state.waiting.isEmpty, state.taken.isEmpty { return nil }
                return (state.waiting[record] ?? state.taken[record]) ?? nil
            }
        }
    }

    /// Takes in what an answer said.
    ///
    /// - Returns: whether something waits now where nothing did before.
    func learn(_ facts: [OwnershipFact]) -> Bool {
        var wakes = false
        var start = 0
        while start < facts.count {
            let end = min(start + Self.lockedFacts, facts.count)
            let givenUp = state.withLock { state -> [[OwnedRecord: String?]] in
                let wasEmpty = state.waiting.isEmpty && state.taken.isEmpty
                for fact in facts[start..<end] { learn(fact, &state) }
                wakes = wakes || wasEmpty && !(state.waiting.isEmpty && state.taken.isEmpty)
                guard state.waiting.count > unwrittenLimit else { return [] }
                state.overflows += 1
                // What was taken may be older than what is given up, so it must not be written any more.
                let givenUp = [state.waiting, state.taken]
                state.waiting = [:]
                state.taken = [:]
                return givenUp
            }
            _ = givenUp  // its memory is given back outside the lock
            start = end
        }
        return wakes
    }

    private func learn(_ fact: OwnershipFact, _ state: inout State) {
        guard fact.record.id.utf8.count <= Self.longest, fact.record.resource.utf8.count <= Self.longest else { return }
        // An owner too long to be remembered is one that is not known: HOSP is asked.
        let owner = fact.owner.flatMap { $0.utf8.count <= Self.longest ? $0 : nil }
        guard state.clock.find(fact.record) != OwnershipClock.Entry(owner) else { return }
        state.clock.put(fact.record, owner)
        state.waiting[fact.record] = .some(owner)
    }

    /// Takes in what the store said, unless something was learned meanwhile.
    ///
    /// - Returns: what is known now.
    func remember(_ record: OwnedRecord, _ owner: String) -> OwnershipClock.Entry {
        state.withLock { state in
            if case .unknown = state.clock.find(record) {
                if let newer = state.waiting[record] ?? state.taken[record] { return OwnershipClock.Entry(newer) }
                guard state.isStoreTrusted else { return .gone }
                state.clock.put(record, owner)
            }
            return state.clock.find(record)
        }
    }

    /// Forgets all that the store knows as well, or should: somebody else has written to it.
    func forget() {
        var fresh = OwnershipClock(capacity: capacity)
        state.withLock { swap(&fresh, &$0.clock) }
    }

    var owes: Bool { state.withLock { !$0.waiting.isEmpty || !$0.taken.isEmpty || !$0.isStoreTrusted } }

    /// What is to be written next; the same again until it is `written`.
    func unwritten() -> Unwritten {
        state.withLock { state in
            if state.taken.isEmpty { swap(&state.taken, &state.waiting) }
            return Unwritten(facts: state.taken, removesAll: !state.isStoreTrusted, overflows: state.overflows)
        }
    }

    /// These are in the store now.
    func written(_ written: Unwritten) {
        var old: [OwnedRecord: String?] = [:]
        state.withLock { state in
            swap(&old, &state.taken)
            if written.removesAll { state.overflowsMadeGood = written.overflows }
        }
    }

    var counts: Counts {
        state.withLock {
            Counts(
                remembered: $0.clock.count, unwritten: $0.waiting.count + $0.taken.count, overflows: $0.overflows)
        }
    }
}
