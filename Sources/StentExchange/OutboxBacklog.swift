import StentModel

/// Jobs that the outbox could not take, for as long as it can't: kept in memory, within bounds, and put in again one
/// after the other.
///
/// A job's fate is the same as if the outbox had taken it at once: a client who asks again because its answer was lost is
/// told of the job that waits here, and one who had its answer may ask for a second. Only a crash, or more than there is
/// room for, loses one.
package struct OutboxBacklog: Sendable {
    /// A job, and what has to be remembered until it is in the outbox.
    package struct Held: Sendable, Equatable {
        package var job: OutboxJob
        /// The author's; the value of Authorization.
        package var credential: [UInt8]
        /// The client has had the answer.
        package var isDelivered: Bool

        package init(job: OutboxJob, credential: [UInt8], isDelivered: Bool = false) {
            self.job = job
            self.credential = credential
            self.isDelivered = isDelivered
        }

        fileprivate var bytes: Int {
            // 512: what a job takes beside what it holds.
            512 + job.content.count + job.target.utf8.count + job.author.name.utf8.count + credential.count
        }
    }

    package enum Keeping: Sendable, Equatable {
        /// Kept as this job: its own, or one of before that it is the same as.
        case kept(OutboxJob.ID)
        /// There is no room.
        case full
    }

    /// What came of putting the first one in again.
    package enum Put: Sendable, Equatable {
        /// It is in the outbox now.
        case stored(Held)
        /// It is one that was there already.
        case known(OutboxJob.ID, Held)
        /// Not yet: again after a pause.
        case again
    }

    private let jobs: Int
    private let bytes: Int
    private var held: [Held] = []
    private var heldBytes = 0
    private var isPutting = false

    package init(jobs: Int = 1_000, bytes: Int = 16 << 20) {
        self.jobs = jobs
        self.bytes = bytes
    }

    package var count: Int { held.count }

    /// The job that this one is the same as, if it waits here: equal, and its client may not have had the answer.
    package func twin(of job: OutboxJob) -> OutboxJob.ID? {
        held.first { !$0.isDelivered && $0.job.twin == job.twin }?.job.id
    }

    /// The outbox could not take a job.
    package mutating func keep(_ job: OutboxJob, credential: [UInt8]) -> Keeping {
        if let known = twin(of: job) { return .kept(known) }
        let one = Held(job: job, credential: credential)
        guard held.count < jobs, one.bytes <= bytes - heldBytes else { return .full }
        held.append(one)
        heldBytes += one.bytes
        return .kept(job.id)
    }

    /// The client has had the answer that a job came from.
    ///
    /// - Returns: false where the job does not wait here.
    package mutating func deliver(_ id: OutboxJob.ID) -> Bool {
        guard let place = held.firstIndex(where: { $0.job.id == id }) else { return false }
        held[place].isDelivered = true
        return true
    }

    /// The job to be put in next, then reported by `put`; `nil` where there is none, or one is under way.
    package mutating func next() -> OutboxJob? {
        guard !isPutting, let first = held.first else { return nil }
        isPutting = true
        return first.job
    }

    package mutating func put(_ id: OutboxJob.ID, _ result: OutboxPut) -> Put {
        isPutting = false
        guard let first = held.first, first.job.id == id else { return .again }
        switch result {
        case .unavailable: return .again
        case .stored: return .stored(removeFirst())
        // Its own first try was carried out after all.
        case .known(id): return .stored(removeFirst())
        case .known(let earlier): return .known(earlier, removeFirst())
        }
    }

    /// All that waits here, which is over.
    package mutating func empty() -> [Held] {
        defer {
            held = []
            heldBytes = 0
        }
        return held
    }

    private mutating func removeFirst() -> Held {
        let first = held.removeFirst()
        heldBytes -= first.bytes
        return first
    }
}
