/// The outbox's database as a command sees it, whether or not a server has it open. Confined to one thread.
package final class OutboxFile {
    private let database: OpenDatabase

    /// - Parameter directory: the state directory.
    /// - Throws: `StoreError` where there is no file, or it can't be opened or is damaged; none is made.
    package init(directory: String) throws(StoreError) {
        let form = OutboxWork.form
        database = try OpenDatabase.existing(form, path: form.path(in: directory))
    }

    deinit { database.close() }

    package func figures() throws(StoreError) -> OutboxFigures {
        try database.reading { try OutboxRows(database: $0).measure() }
    }

    /// The oldest jobs that wait, without their content.
    package func list(atMost count: Int) throws(StoreError) -> [WaitingJob] {
        try database.reading { try OutboxRows(database: $0).list(atMost: count) }
    }
}
