/// The last lines of a trail that match.
package enum TrailEnd {
    /// - Parameter count: how many lines at most; the newest.
    /// - Returns: lines in their order, with their line feeds; and what the live file was read to, for a follower.
    /// - Throws: where the directory can't be listed.
    package static func lines(
        _ count: Int, of directory: TrailDirectory, _ filter: TrailFilter, keys: SegmentKeyRing
    ) throws(TrailFault) -> (lines: [[UInt8]], follower: TrailFollower, faults: [TrailFault]) {
        let follower = try TrailFollower(directory)
        var lines: [[UInt8]] = []
        var faults: [TrailFault] = []
        let sieve = LineSieve(filter)
        if let live = follower.liveSource {
            lines = last(count, of: live.source, upTo: live.end, sieve, filter)
        }
        var segments = try directory.segments().filter { $0.number.map { $0 <= follower.highest } ?? false }
        while lines.count < count, let segment = segments.popLast() {
            do throws(TrailFault) {
                let source = try directory.open(segment, keys)
                let missing = count - lines.count
                if let file = source as? FileSource {
                    lines = last(missing, of: file, upTo: file.size, sieve, filter) + lines
                } else {
                    lines = try last(missing, of: source, sieve, filter) + lines
                }
            } catch {
                faults.append(error)
            }
        }
        return (lines, follower, faults)
    }

    /// Looks at ever longer ends of the file.
    private static func last(
        _ count: Int, of source: FileSource, upTo end: Int, _ sieve: LineSieve, _ filter: TrailFilter
    ) -> [[UInt8]] {
        var window = 1 << 20
        while true {
            let start = max(0, end - window)
            source.seek(to: start)
            let part = Window(source, start: start, end: end)
            let found = (try? last(count, of: part, sieve, filter)) ?? []
            if found.count >= count || start == 0 { return found }
            window = window < 64 << 20 ? window * 8 : .max / 2
        }
    }

    private static func last(
        _ count: Int, of source: any TrailSource, _ sieve: LineSieve, _ filter: TrailFilter
    ) throws(TrailFault) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var lines = WholeLines()
        while true {
            let chunk = try source.next()
            if chunk.isEmpty { break }
            _ = TrailSearch.sift(lines.add(chunk), sieve, filter) { found.append($1) }
            if found.count > count { found.removeFirst(found.count - count) }
        }
        return found
    }
}

/// The lines of a file that begin between two places of it.
private final class Window: TrailSource {
    private let source: FileSource
    private var left: Int
    /// The first line may have begun before the window.
    private var dropsFirst: Bool

    init(_ source: FileSource, start: Int, end: Int) {
        self.source = source
        left = end - start
        dropsFirst = start > 0
    }

    func next() throws(TrailFault) -> [UInt8] {
        while left > 0 {
            var chunk = try source.next()
            if chunk.isEmpty { break }
            if chunk.count > left { chunk.removeLast(chunk.count - left) }
            left -= chunk.count
            guard dropsFirst else { return chunk }
            if let end = chunk.firstIndex(of: 0x0A) {
                dropsFirst = false
                if end + 1 < chunk.count { return Array(chunk[(end + 1)...]) }
            }
        }
        return []
    }
}
