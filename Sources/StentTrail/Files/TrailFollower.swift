import Glibc

/// Follows the trail's live file, through rotations: by its name, as `tail -F` does, and without losing the segments
/// that were closed between two looks.
package final class TrailFollower {
    private let directory: TrailDirectory
    private var live: FileSource?
    /// Segments up to this number were there before what is followed, or were read.
    private(set) var highest = 0
    private var lines = WholeLines()
    private var position = 0
    private var kind = Kind.live

    private enum Kind {
        /// Its name may get another file.
        case live
        /// Nothing more will come to it.
        case closed
    }

    /// Begins at the end of what is there.
    ///
    /// - Throws: where the directory can't be listed.
    init(_ directory: TrailDirectory) throws(TrailFault) {
        self.directory = directory
        let listing = try directory.listing()
        highest = listing.segments.last?.number ?? 0
        take(listing)
        guard let live else { return }
        position = live.size
        live.seek(to: position)
    }

    /// For who reads the end first: the live file, and how much of it lies before what is followed.
    var liveSource: (source: FileSource, end: Int)? { live.map { ($0, position) } }

    /// Whole lines that were written since; empty where there are none. At most about 1 MiB at once.
    ///
    /// - Throws: where a file or the directory can't be read; the next call tries again.
    package func next() throws(TrailFault) -> [UInt8] {
        while true {
            if let live {
                live.seek(to: position)
                if live.size < position {
                    // Cut by somebody else (`copytruncate`): it begins anew.
                    position = 0
                    lines.reset()
                    continue
                }
                let chunk = try live.next()
                position += chunk.count
                if !chunk.isEmpty {
                    let whole = lines.add(chunk)
                    if !whole.isEmpty { return whole }
                    continue
                }
                guard try hasMoved(live) else { return [] }
            }
            guard try openNext() else { return [] }
        }
    }

    /// Whether another file has the name now, and nothing more will come to this one.
    private func hasMoved(_ live: FileSource) throws(TrailFault) -> Bool {
        guard kind == .closed || FileIdentity(at: live.path) != live.identity else { return false }
        // Written between the last look at the file and its renaming.
        return live.size == position
    }

    /// Goes on to the next closed segment, or to the new live file.
    private func openNext() throws(TrailFault) -> Bool {
        lines.reset()
        let old = live?.identity
        live = nil
        let listing = try directory.listing()
        for segment in listing.segments where (segment.number ?? 0) > highest {
            highest = segment.number ?? highest
            if let old, FileIdentity(at: directory.path(of: segment)) == old { continue }
            guard segment.form.isEmpty else { continue }
            take(try FileSource(directory.path(of: segment)), .closed)
            return true
        }
        take(listing)
        return live != nil
    }

    private func take(_ listing: TrailDirectory.Listing) {
        guard let (file, source) = listing.live else { return }
        if let number = file.number { highest = max(highest, number) }
        take(source, file.isLive ? .live : .closed)
    }

    private func take(_ source: FileSource, _ kind: Kind) {
        live = source
        self.kind = kind
        position = 0
    }
}
