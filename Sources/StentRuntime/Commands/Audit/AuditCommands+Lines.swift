import Glibc
import StentTrail

/// `query`, `tail` and `trace`: lines of the trail.
extension AuditCommands {
    /// Prints the lines that match, in their order.
    ///
    /// - Parameter limit: lines beyond which no more are printed.
    /// - Returns: 1 where there is none, or where not everything could be read.
    package static func query(_ place: AuditPlace, _ filter: TrailFilter, limit: Int?, _ shown: Shown) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            let form = AuditOutput.form(asked: shown)
            let output = AuditOutput()
            var found = 0
            let report = try TrailSearch.run(
                directory, filter, keys: keys, empty: [[UInt8]](),
                add: { part, record, line in part.append(Self.bytes(of: record, line, form, dates: .shown)) },
                take: { part in
                    for line in part.prefix(limit.map { $0 - found } ?? .max) {
                        output.write(line)
                        found += 1
                    }
                    return output.isClosed || limit.map { found >= $0 } ?? false ? .stop : .goOn
                })
            output.flush()
            tell(report)
            return found > 0 && report.faults.isEmpty ? 0 : 1
        }
    }

    package enum Following: Sendable {
        case no
        /// Until a signal ends the process, or nobody reads any more.
        case yes
    }

    /// Prints the last lines that match; and then what comes.
    package static func tail(
        _ place: AuditPlace, _ filter: TrailFilter, count: Int, _ following: Following, _ shown: Shown
    ) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            let form = AuditOutput.form(asked: shown)
            let output = AuditOutput()
            let end = try TrailEnd.lines(count, of: directory, filter, keys: keys)
            for line in end.lines {
                if let record = TrailRecord(line) { output.write(bytes(of: record, line, form, dates: .left)) }
            }
            output.flush()
            tell(end.faults)
            switch following {
            case .no: return end.lines.isEmpty || !end.faults.isEmpty ? 1 : 0
            case .yes: return follow(end.follower, filter, form, output)
            }
        }
    }

    /// Looks four times a second.
    private static func follow(
        _ follower: TrailFollower, _ filter: TrailFilter, _ form: AuditOutput.Form, _ output: AuditOutput
    ) -> Int32 {
        var said: TrailFault?
        while !output.isClosed {
            do throws(TrailFault) {
                let lines = try follower.next()
                said = nil
                TrailSearch.forEachLine(of: lines, filter) { record, line in
                    output.write(bytes(of: record, line, form, dates: .left))
                }
                output.flush()
                if !lines.isEmpty { continue }
            } catch {
                if said != error { StandardStreams.error("\(error)") }
                said = error
            }
            usleep(250_000)
        }
        return 0
    }

    /// Tells what became of one request.
    ///
    /// - Returns: 1 where nothing is known of it.
    package static func trace(_ place: AuditPlace, id: String, _ shown: Shown) -> Int32 {
        var filter = TrailFilter()
        filter.ids = [id]
        if case .json = shown { return query(place, filter, limit: nil, .json) }
        return attempt {
            let (directory, keys) = try place.open()
            var story = TraceStory(id: id)
            let report = try TrailSearch.run(
                directory, filter, keys: keys, empty: [TrailRecord](),
                add: { part, record, _ in part.append(record) },
                take: { part in
                    for record in part { story.add(record) }
                    return .goOn
                })
            tell(report)
            guard !story.isEmpty else {
                StandardStreams.error("nothing is known of \(TerminalText.safe(id))")
                return 1
            }
            StandardStreams.output(story.text(AuditOutput.style))
            return report.faults.isEmpty ? 0 : 1
        }
    }

    private static func bytes(
        of record: TrailRecord, _ line: [UInt8], _ form: AuditOutput.Form, dates: LineView.Dates
    ) -> [UInt8] {
        switch form {
        case .json: line
        case .people(let style): Array((LineView(style, dates: dates).text(record) + "\n").utf8)
        }
    }
}
