import StentModel

/// Goes through a trail for the lines that match a filter, on all cores and in bounded memory.
package enum TrailSearch {
    /// How a search ended.
    package struct Report: Sendable, Equatable {
        /// Files that could not be read, or not to their end.
        package var faults: [TrailFault] = []
        /// Lines that could not be read and may have matched.
        package var unreadable = 0
        /// Segments whose time is not asked for.
        package var skipped = 0
        package var files = 0
        package var bytes = 0
    }

    package enum Answer: Sendable, Equatable {
        case goOn
        case stop
    }

    /// - Parameters:
    ///   - add: takes a line that matches, with its line feed, into a block's part; called on several threads.
    ///   - take: gets blocks' parts in the order of the trail.
    /// - Throws: where the directory can't be listed.
    @discardableResult
    package static func run<Part: Sendable>(
        _ directory: TrailDirectory, _ filter: TrailFilter, keys: SegmentKeyRing, empty: Part,
        add: @escaping @Sendable (inout Part, TrailRecord, [UInt8]) -> Void, take: (Part) -> Answer
    ) throws(TrailFault) -> Report {
        var report = Report()
        var skipped = 0
        let reader = try TrailReader(directory, keys: keys) { segments in
            let numbers = SegmentSkip.skipped(of: segments, since: filter.since, until: filter.until)
            skipped = numbers.count
            return numbers
        }
        report.skipped = skipped
        let sieve = LineSieve(filter)
        OrderedWork.run(
            read: { reader.next() },
            work: { item -> Step<Part> in
                switch item {
                case .file: return .file
                case .fault(let fault): return .fault(fault)
                case .lines(let block):
                    var part = empty
                    let unreadable = sift(block, sieve, filter) { record, line in add(&part, record, line) }
                    return .part(part, bytes: block.count, unreadable: unreadable)
                }
            },
            take: { step in
                switch step {
                case .file: report.files += 1
                case .fault(let fault): report.faults.append(fault)
                case .part(let part, let bytes, let unreadable):
                    report.bytes += bytes
                    report.unreadable += unreadable
                    return take(part) == .goOn ? .goOn : .stop
                }
                return .goOn
            })
        return report
    }

    private enum Step<Part: Sendable>: Sendable {
        case file
        case fault(TrailFault)
        case part(Part, bytes: Int, unreadable: Int)
    }

    /// - Returns: how many lines could not be read.
    static func sift(
        _ block: [UInt8], _ sieve: LineSieve, _ filter: TrailFilter, _ body: (TrailRecord, [UInt8]) -> Void
    ) -> Int {
        var unreadable = 0
        sieve.forEachCandidate(in: block) { range in
            guard !range.isEmpty, range.count <= longestLine else {
                unreadable += range.isEmpty ? 0 : 1
                return
            }
            let line = Array(block[range])
            guard let record = TrailRecord(line) else {
                unreadable += 1
                return
            }
            if filter.matches(record) { body(record, line + [0x0A]) }
        }
        return unreadable
    }

    /// As the chain has it.
    private static let longestLine = 1 << 20
}

extension TrailSearch {
    /// Calls `body` with each of these whole lines that matches; what can't be read is passed over.
    package static func forEachLine(of lines: [UInt8], _ filter: TrailFilter, _ body: (TrailRecord, [UInt8]) -> Void) {
        _ = sift(lines, LineSieve(filter), filter, body)
    }
}
