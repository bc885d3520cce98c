// GRDB takes and gives blobs as Foundation's Data, hence FoundationEssentials; nothing else here is of it.
import FoundationEssentials
import GRDB
import StentExchange
import StentModel

/// The statements, inside a transaction.
struct OutboxRows {
    /// Raw values are in the file: add, never change.
    enum Ending: Int64 {
        case written = 1
        case refused = 2
    }

    let database: Database

    /// A job that may be the same: its twin is equal, it was put in at `earliest` or later, and its client may not have had
    /// the answer. Whether it has ended does not matter.
    func twin(of job: OutboxJob, putSince earliest: WallTime) throws -> OutboxJob.ID? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id FROM job INDEXED BY job_by_twin WHERE twin = ? AND delivered IS NULL AND put_at >= ?
                ORDER BY put_at DESC LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: [Data(job.twin), earliest.nanoseconds])
    }

    /// - Returns: `false` where a job of this id is there already, which is left as it is.
    func put(_ job: OutboxJob, now: WallTime) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO job (id, created, put_at, author_id, author_name, target, content, size, twin)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                """)
        try statement.execute(arguments: [
            job.id, job.created.nanoseconds, now.nanoseconds, job.author.id, job.author.name, job.target,
            Data(job.content), job.content.count, Data(job.twin),
        ])
        return database.changesCount > 0
    }

    func deliver(_ id: OutboxJob.ID, now: WallTime) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE job SET delivered = ? WHERE id = ? AND delivered IS NULL")
        try statement.execute(arguments: [now.nanoseconds, id])
    }

    /// - Returns: `false` where no such job waits.
    func begin(_ id: OutboxJob.ID, now: WallTime) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE job SET first_try = coalesce(first_try, ?), tries = tries + 1 WHERE id = ? AND ended IS NULL
                """)
        try statement.execute(arguments: [now.nanoseconds, id])
        return database.changesCount > 0
    }

    /// - Returns: the size of the content that was removed; `nil` where no such job waits.
    func end(_ id: OutboxJob.ID, _ ending: OutboxEnding, now: WallTime) throws -> Int? {
        let find = try database.cachedStatement(sql: "SELECT size FROM job WHERE id = ? AND ended IS NULL")
        guard let size = try Int.fetchOne(find, arguments: [id]) else { return nil }
        let statement = try database.cachedStatement(
            sql: "UPDATE job SET content = NULL, ended = ?, ending = ?, record = ?, status = ? WHERE id = ?")
        switch ending {
        case .written(let record):
            try statement.execute(arguments: [now.nanoseconds, Ending.written.rawValue, record, nil, id])
        case .refused(let status):
            try statement.execute(arguments: [now.nanoseconds, Ending.refused.rawValue, nil, status, id])
        }
        return size
    }

    /// Every job that waits, oldest first.
    func waiting() throws -> [OutboxJob] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, created, author_id, author_name, target, content, twin, first_try, tries
                FROM job INDEXED BY job_waiting WHERE ended IS NULL ORDER BY created, sequence
                """)
        let rows = try Row.fetchCursor(statement)
        var jobs: [OutboxJob] = []
        while let row = try rows.next() {
            jobs.append(
                OutboxJob(
                    id: row[0], created: WallTime(nanoseconds: row[1]), author: Principal(id: row[2], name: row[3]),
                    target: row[4], content: try bytes(row, 5), twin: try bytes(row, 6),
                    firstTry: (row[7] as Int64?).map { WallTime(nanoseconds: $0) }, tries: row[8]))
        }
        return jobs
    }

    /// The oldest jobs that wait, without their content.
    func list(atMost count: Int) throws -> [WaitingJob] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, created, author_id, author_name, target, size, first_try, tries
                FROM job INDEXED BY job_waiting WHERE ended IS NULL ORDER BY created, sequence LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [count]).map { row in
            WaitingJob(
                id: row[0], created: WallTime(nanoseconds: row[1]), author: Principal(id: row[2], name: row[3]),
                target: row[4], bytes: row[5], firstTry: (row[6] as Int64?).map { WallTime(nanoseconds: $0) },
                tries: row[7])
        }
    }

    /// Removes up to `count` jobs that ended at `latest` or before.
    func removeEnded(until latest: WallTime, atMost count: Int) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM job WHERE sequence IN (
                    SELECT sequence FROM job INDEXED BY job_ended WHERE ended IS NOT NULL AND ended <= ? LIMIT ?)
                """)
        try statement.execute(arguments: [latest.nanoseconds, count])
        return database.changesCount
    }

    func measure() throws -> OutboxFigures {
        var figures = OutboxFigures()
        if let row = try Row.fetchOne(
            database,
            sql: """
                SELECT count(*), coalesce(sum(size), 0), min(created) FROM job INDEXED BY job_waiting
                WHERE ended IS NULL
                """)
        {
            figures.waiting = row[0]
            figures.waitingBytes = row[1]
            figures.oldestWaiting = (row[2] as Int64?).map { WallTime(nanoseconds: $0) }
        }
        let endings = try Row.fetchAll(
            database,
            sql: "SELECT ending, count(*) FROM job INDEXED BY job_ended WHERE ended IS NOT NULL GROUP BY ending")
        for row in endings {
            switch Ending(rawValue: row[0]) {
            case .written: figures.written = row[1]
            case .refused: figures.refused = row[1]
            case nil: break  // a newer stent's
            }
        }
        return figures
    }

    func oldestWaiting() throws -> WallTime? {
        let statement = try database.cachedStatement(
            sql: "SELECT created FROM job INDEXED BY job_waiting WHERE ended IS NULL ORDER BY created LIMIT 1")
        return try Int64.fetchOne(statement).map { WallTime(nanoseconds: $0) }
    }

    private func bytes(_ row: Row, _ index: Int) throws -> [UInt8] {
        try row.withUnsafeData(atIndex: index) { $0.map { [UInt8]($0) } ?? [] }
    }
}
