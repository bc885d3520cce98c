import StentTrail

/// `export`, `stats` and `rekey`.
extension AuditCommands {
    /// Prints the exchanges that match in another system's form.
    ///
    /// - Returns: 1 where there is none, or where not everything could be read.
    package static func export(_ place: AuditPlace, _ filter: TrailFilter, as form: TrailExport) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            let output = AuditOutput()
            output.write(Array(form.head.utf8))
            var found = 0
            let report = try TrailSearch.run(
                directory, filter, keys: keys, empty: [[UInt8]](),
                add: { part, record, _ in
                    if let line = form.line(record) { part.append(Array(line.utf8)) }
                },
                take: { part in
                    for line in part { output.write(line) }
                    found += part.count
                    return output.isClosed ? .stop : .goOn
                })
            output.flush()
            tell(report)
            return found > 0 && report.faults.isEmpty ? 0 : 1
        }
    }

    /// Prints figures of the exchanges that match.
    package static func stats(_ place: AuditPlace, _ filter: TrailFilter) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            var stats = TrailStats()
            let report = try TrailSearch.run(
                directory, filter, keys: keys, empty: TrailStats(), add: { part, record, _ in part.add(record) },
                take: { part in
                    stats.merge(part)
                    return .goOn
                })
            tell(report)
            StandardStreams.output(StatsTable.text(stats))
            return stats.routes.isEmpty || !report.faults.isEmpty ? 1 : 0
        }
    }

    /// Wraps the data keys of all encrypted segments under the first of the keys; goes on behind what can't be done.
    package static func rekey(_ place: AuditPlace) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            var changed = 0
            var unchanged = 0
            var failed = 0
            for path in try directory.encryptedSegments() {
                do {
                    switch try SegmentFiles.rekey(path, keys) {
                    case .changed: changed += 1
                    case .unchanged: unchanged += 1
                    }
                } catch {
                    failed += 1
                    StandardStreams.error("\(error)")
                }
            }
            let name = keys.keys.first?.name ?? "?"
            StandardStreams.output(
                "\(changed) segments are now under key \(name), \(unchanged) were before, \(failed) failed")
            return failed == 0 ? 0 : 1
        }
    }
}
