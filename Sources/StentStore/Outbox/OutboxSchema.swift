import GRDB

/// The table of jobs, version by version.
enum OutboxSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 jobs") { database in
            // `put_at` is when it was put in, by which twins are found; `created` is the job's own time.
            // `size` is the content's, also after the content has been removed.
            try database.execute(
                sql: """
                    CREATE TABLE job (
                        sequence INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE,
                        created INTEGER NOT NULL,
                        put_at INTEGER NOT NULL,
                        author_id TEXT NOT NULL,
                        author_name TEXT NOT NULL,
                        target TEXT NOT NULL,
                        content BLOB,
                        size INTEGER NOT NULL,
                        twin BLOB NOT NULL,
                        delivered INTEGER,
                        first_try INTEGER,
                        tries INTEGER NOT NULL DEFAULT 0,
                        ended INTEGER,
                        ending INTEGER,
                        record TEXT,
                        status INTEGER
                    ) STRICT
                    """)
            try database.execute(sql: "CREATE INDEX job_by_twin ON job (twin, put_at) WHERE delivered IS NULL")
            try database.execute(sql: "CREATE INDEX job_waiting ON job (created, sequence, size) WHERE ended IS NULL")
            try database.execute(sql: "CREATE INDEX job_ended ON job (ended, ending) WHERE ended IS NOT NULL")
        }
        return migrator
    }
}
