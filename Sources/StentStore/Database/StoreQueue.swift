import StentModel
import Synchronization

/// What waits for a store's thread.
final class StoreQueue<Work: StoreWork>: Sendable {
    /// One thing that waits.
    enum Entry: Sendable {
        case operation(Work.Operation)
        case tend(now: WallTime, @Sendable () -> Void)

        var weight: Int {
            switch self {
            case .operation(let operation): operation.weight
            case .tend: 0
            }
        }

        /// Answers that nothing can be done.
        func refuse() {
            switch self {
            case .operation(let operation): operation.refuse()
            case .tend(_, let done): done()
            }
        }
    }

    struct State: Sendable {
        var waiting: [Entry] = []
        var weight = 0
        var settings: Work.Settings
        /// Something is owed that the thread may not know of.
        var isNudged = false
        /// The thread has nothing to do and must be woken.
        var threadWaits = false
        var stopAsked = false
        /// Nothing is taken any more.
        var isClosed = false
        /// The database is closed, and the thread ends.
        var hasEnded = false
        var health = StoreHealth()
        var figures: Work.Figures
    }

    /// What the thread is to do next.
    struct Taken {
        var entries: [Entry]
        var settings: Work.Settings
        var stops: Bool
    }

    let monitor: Monitor<State>
    /// Bytes that wait at most, roughly; what is beyond is refused.
    private let room: Int

    init(settings: Work.Settings, figures: Work.Figures, room: Int) {
        monitor = Monitor(State(settings: settings, figures: figures))
        self.room = room
    }

    /// Where it is closed or full, the entry is refused before this returns.
    func hand(_ entry: Entry) {
        let weight = entry.weight
        let (taken, wakes) = monitor.withLock { state -> (Bool, Bool) in
            // One that is larger than the room is taken when nothing else waits.
            guard !state.isClosed, state.weight == 0 || weight <= room - min(room, state.weight) else {
                return (false, false)
            }
            state.waiting.append(entry)
            state.weight += weight
            defer { state.threadWaits = false }
            return (true, state.threadWaits)
        }
        if wakes { monitor.broadcast() }
        if !taken { entry.refuse() }
    }

    /// Lets the thread look at what is owed.
    func nudge() {
        let wakes = monitor.withLock { state -> Bool in
            state.isNudged = true
            defer { state.threadWaits = false }
            return state.threadWaits
        }
        if wakes { monitor.broadcast() }
    }

    func askToStop() {
        monitor.withLock { $0.stopAsked = true }
        monitor.broadcast()
    }

    /// Waits for entries, at the longest until `deadline`. Once it was asked to stop and nothing waits, it is closed.
    func take(until deadline: Moment) -> Taken {
        monitor.withLock { $0.threadWaits = true }
        // The system takes no time before its clock's start.
        return monitor.wait(until: max(deadline, Moment(nanoseconds: 0))) {
            !$0.waiting.isEmpty || $0.stopAsked || $0.isNudged
        } then: { state in
            state.threadWaits = false
            state.isNudged = false
            var entries: [Entry] = []
            swap(&entries, &state.waiting)
            state.weight = 0
            if state.stopAsked, entries.isEmpty { state.isClosed = true }
            return Taken(entries: entries, settings: state.settings, stops: state.isClosed)
        }
    }

    func publish(_ health: StoreHealth, _ figures: Work.Figures) {
        monitor.withLock {
            $0.health = health
            $0.figures = figures
        }
    }

    func end() {
        monitor.withLock { $0.hasEnded = true }
        monitor.broadcast()
    }
}
