import GRDB
import StentModel

/// What a store is asked to do.
protocol StoreOperation: Sendable {
    /// Bytes that wait, and go into the transaction, roughly; 0 for one that is taken however much waits.
    var weight: Int { get }

    /// Answers that nothing can be done.
    func refuse()
}

/// What makes one store different from another: what its thread does with an open database.
///
/// Confined to the store's thread.
protocol StoreWork: AnyObject, SendableMetatype {
    associatedtype Operation: StoreOperation
    /// What may change while the store runs.
    associatedtype Settings: Sendable
    /// What others may know of it at any time.
    associatedtype Figures: Sendable

    static var form: DatabaseForm { get }
    /// Between two times that it tends its database.
    static var tendingPause: TimeSpan { get }
    /// How long what it owes may wait for more of it.
    static var owingPause: TimeSpan { get }

    var settings: Settings { get set }
    var figures: Figures { get }
    /// It has something to write although nobody asks for anything. Asked after everything it did.
    var owes: Bool { get }
    /// It wants to tend before its time has come.
    var wantsTending: Bool { get }

    /// The database was opened: at the start, or anew in place of a damaged one.
    func adopt(_ database: OpenDatabase) throws(StoreError)

    /// Does the operations in their order, and what is owed; with no operations, what is owed alone.
    ///
    /// - Returns: what to call now that it is done: the answers.
    /// - Throws: where nothing was done. No answer was given then.
    func perform(_ operations: ArraySlice<Operation>, on database: OpenDatabase) throws(StoreError) -> [() -> Void]

    /// These operations were not done and are answered so: what must be made up for is owed from now on.
    func giveUp(_ operations: ArraySlice<Operation>)

    /// Does a bounded part of what is to be done from time to time.
    func tend(_ database: OpenDatabase, now: WallTime) throws(StoreError) -> Tending
}

extension StoreWork {
    static var owingPause: TimeSpan { .zero }
    var wantsTending: Bool { false }
}

/// Whether a store has more to tend.
enum Tending: Sendable, Equatable {
    case done
    case unfinished
}
