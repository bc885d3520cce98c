import Glibc
import StentAudit

/// Reads a trail from its first segment to the end of its live file, as blocks of whole lines, in bounded memory.
///
/// What of a file can't be read is a finding, and reading goes on with the next file.
package final class TrailReader {
    package enum Item: Sendable {
        /// The blocks that follow are of this file.
        case file(TrailFile)
        /// Whole lines; only the last block of a file may end within one.
        case lines([UInt8])
        case fault(TrailFault)
    }

    private let directory: TrailDirectory
    private let keys: SegmentKeyRing
    private var waiting: [TrailFile]
    private var live: (file: TrailFile, source: FileSource)?
    private var source: (any TrailSource)?
    private var cutter = AuditBlockCutter()
    private var readsLive = false
    private var fault: TrailFault?

    /// - Parameter skipping: segments that need not be read.
    /// - Throws: where the directory can't be listed.
    package init(
        _ directory: TrailDirectory, keys: SegmentKeyRing = SegmentKeyRing(),
        skipping: ([TrailFile]) -> Set<Int> = { _ in [] }
    ) throws(TrailFault) {
        self.directory = directory
        self.keys = keys
        let listing = try directory.listing()
        let skipped = skipping(listing.segments)
        // Popped from the end.
        waiting = listing.segments.filter { !skipped.contains($0.number ?? 0) }.reversed()
        live = listing.live
    }

    /// How many files are still to be read.
    package var filesWaiting: Int { waiting.count + (live == nil ? 0 : 1) }

    /// `nil` at the end.
    package func next() -> Item? {
        if let fault {
            self.fault = nil
            return .fault(fault)
        }
        guard let source else { return openNext() }
        do throws(TrailFault) {
            while true {
                let chunk = try source.next()
                if chunk.isEmpty { break }
                let lines = cutter.cut(chunk)
                if !lines.isEmpty { return .lines(lines) }
            }
        } catch {
            self.source = nil
            _ = cutter.finish()
            return .fault(error)
        }
        return end(source)
    }

    private func end(_ source: any TrailSource) -> Item? {
        var rest = cutter.finish()
        if readsLive, !rest.isEmpty, let lines = lineEnd(of: rest, source) { rest = lines }
        self.source = nil
        return rest.isEmpty ? next() : .lines(rest)
    }

    /// A line at the live file's end may be being written just now: it is given a moment to come to its end.
    private func lineEnd(of rest: [UInt8], _ source: any TrailSource) -> [UInt8]? {
        var bytes = rest
        for _ in 0..<5 {
            usleep(20_000)
            guard let more = try? source.next() else { return nil }
            bytes += more
            if let last = bytes.lastIndex(of: 0x0A) { return Array(bytes[...last]) }
        }
        return nil
    }

    private func openNext() -> Item? {
        if let file = waiting.popLast() {
            do throws(TrailFault) {
                let opened = try directory.open(file, keys)
                if let sealed = opened as? SealedSource, sealed.spare == .unreadable {
                    fault = TrailFault(directory.path(of: file), .spareSlot)
                }
                source = opened
                return .file(file)
            } catch {
                fault = error
                return .file(file)
            }
        }
        guard let live else { return nil }
        self.live = nil
        source = live.source
        readsLive = live.file.isLive
        return .file(live.file)
    }
}
