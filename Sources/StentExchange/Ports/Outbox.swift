import StentModel

/// Records that stent itself is yet to write, kept across restarts: each is written exactly once.
///
/// Callable from any thread; no call blocks. Answers come on a thread of the outbox's (after it was shut down: on the
/// caller's, before the call returns), exactly once each. Calls about one job that happen after one another take effect in that order.
package protocol Outbox: AnyObject, Sendable {
    /// Puts a job in. `.stored` is answered only once a power failure can't make the outbox forget it.
    ///
    /// A job whose `twin` is that of one put in before, whose client may never have had its answer (`delivered` was not
    /// called), is that job: the client has asked again.
    func put(_ job: OutboxJob, now: WallTime, _ answer: @escaping @Sendable (OutboxPut) -> Void)

    /// The client has had the answer that the job came from. Need not survive a power failure.
    func delivered(_ id: OutboxJob.ID, now: WallTime)

    /// The job is about to be sent for the first time, or again; answered with `true` once that can't be forgotten.
    func begin(_ id: OutboxJob.ID, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void)

    /// The job has ended; answered with `true` once that can't be forgotten.
    func end(
        _ id: OutboxJob.ID, _ ending: OutboxEnding, now: WallTime, _ done: @escaping @Sendable (Bool) -> Void)

    /// Every job that has not ended, oldest first; `nil` where they can't be read at present.
    func pending(_ answer: @escaping @Sendable ([OutboxJob]?) -> Void)
}

/// A record that is to be written.
package struct OutboxJob: Sendable, Equatable {
    package typealias ID = String

    /// Made by whoever puts it in: letters, digits and hyphens.
    package var id: ID
    package var created: WallTime
    /// The caller's id and name, in whose name the record is written.
    package var author: Principal
    /// The path that the record is posted to.
    package var target: String
    /// The record, as JSON.
    package var content: [UInt8]
    /// Equal for two jobs exactly where one caller asked for the same and got the same: 32 bytes.
    package var twin: [UInt8]
    /// When it was first sent; `nil` never. Read back, not put in.
    package var firstTry: WallTime?
    /// How often it was sent. Read back, not put in.
    package var tries = 0

    package init(
        id: ID, created: WallTime, author: Principal, target: String, content: [UInt8], twin: [UInt8],
        firstTry: WallTime? = nil, tries: Int = 0
    ) {
        self.id = id
        self.created = created
        self.author = author
        self.target = target
        self.content = content
        self.twin = twin
        self.firstTry = firstTry
        self.tries = tries
    }
}

/// What became of putting a job in.
package enum OutboxPut: Sendable, Equatable {
    case stored
    /// This job, put in before, is the same.
    case known(OutboxJob.ID)
    /// The outbox can't write at present.
    case unavailable
}

/// How a job ended.
package enum OutboxEnding: Sendable, Equatable {
    /// The record exists; its id, where it is known.
    case written(String?)
    /// The upstream refuses it, with this status: no further try would change that.
    case refused(Int)
}
