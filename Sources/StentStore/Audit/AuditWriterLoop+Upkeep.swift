import Glibc
import StentAudit
import StentModel

/// What has its time, and does not wait for lines.
extension AuditWriterLoop {
    func nextDeadline() -> Moment {
        var deadline = min(nextSync, nextLook, nextUpkeep)
        if let sealing, chain.sequence > sealing.sequence { deadline = min(deadline, sealing.next) }
        return deadline
    }

    func tick() {
        let now = Moment.monotonic()
        noteClock(now)
        if now >= nextLook { lookAtFile() }
        guard standstill == nil, !hasGivenUp else { return }
        if live.holdsRecords, now >= nextRotation, period(of: lastReading.wall) > period(of: begun) { rotate() }
        if let sealing, now >= sealing.next { seal() }
        if now >= nextUpkeep {
            nextUpkeep = now.advanced(by: .seconds(10))
            noteRoom()
            keepSegments()
            if !reserve.isHeld { _ = reserve.hold() }
        }
    }

    /// Says where the wall clock went back by more than a second.
    private func noteClock(_ now: Moment) {
        let wall = calls.wallNanoseconds()
        let jump = lastReading.wall &- wall
        let elapsed = now.since(lastReading.at).nanoseconds
        lastReading = (wall, now)
        guard jump > 1_000_000_000 else { return }
        let milliseconds = Int(clamping: (jump &+ elapsed) / 1_000_000)
        note(.clockJumpedBack, .init("by_ms", .number(milliseconds)))
        onStatus(.clockJumpedBack(milliseconds: milliseconds))
    }

    private func noteRoom() {
        guard case .value(let free) = calls.freeBytes(directory.path) else {
            queue.figures.freeBytes.store(-1, ordering: .relaxed)
            return
        }
        queue.figures.freeBytes.store(free, ordering: .relaxed)
        let limit = settings.lowDisk.value
        if free < limit, !isDiskLow {
            isDiskLow = true
            note(.auditDiskLow, .init("free_bytes", .number(free)), .init("limit_bytes", .number(limit)))
            onStatus(.diskLow(freeBytes: free))
        } else if free >= limit &+ limit / 10 {
            isDiskLow = false
        }
    }

    /// Removes segments that need not be kept, and has others compressed.
    func keepSegments() {
        guard !hasGivenUp, standstill == nil else { return }
        guard let names = try? AuditDirectory.names(in: directory.path) else { return }
        var segments = ClosedSegment.inOrder(names, in: directory.path)
        let leaving = settings.keep.leaving(segments, now: calls.wallNanoseconds())
        if leaving > 0 { removeOldest(leaving, of: &segments) }
        queue.figures.segments.store(segments.count, ordering: .relaxed)
        queue.figures.segmentBytes.store(segments.reduce(0) { $0 + $1.size }, ordering: .relaxed)
        guard settings.rotate.compress == .gzip else { return }
        for segment in segments.dropLast() where segment.isPlain { compressor.compress(segment.name) }
    }

    /// Says which segments go, so that verification knows, and only once the disk has that removes them.
    private func removeOldest(_ count: Int, of segments: inout [ClosedSegment]) {
        let leaving = segments.prefix(min(count, ClosedSegment.mostAtOnce))
        let following = segments.dropFirst(leaving.count).first.map { "\(directory.path)/\($0.name)" }
        if following == nil, live.size == 0 { return }  // its first line will say what was before
        guard let first = SegmentContent.firstLine(of: following ?? directory.livePath).flatMap({ ChainedText($0) }),
            first.sequence > 1
        else { return removeUnchained(leaving, of: &segments, before: following) }
        let time = now
        addOwnLine {
            ChainRecord.appendAgedOut(
                segments: leaving.map(\.name), through: first.sequence - 1, head: first.previous, at: time, to: &$0)
        }
        writeOwnLines()
        seal()
        guard standstill == nil, sealing == nil || sealing?.sequence == chain.sequence, sync() else { return }
        remove(leaving, of: &segments, through: first.sequence - 1)
    }

    /// Segments from before there was a chain may go without a record of it, where what follows has none either.
    private func removeUnchained(
        _ leaving: ArraySlice<ClosedSegment>, of segments: inout [ClosedSegment], before following: String?
    ) {
        guard let line = SegmentContent.firstLine(of: following ?? directory.livePath),
            line.starts(with: SegmentContent.unchainedStart) || ChainedText(line)?.sequence == 1
        else {
            return onStatus(
                .keepingFailed(AuditStoreError(.resume, path: following ?? directory.livePath, code: 0)))
        }
        remove(leaving, of: &segments, through: 0)
    }

    private func remove(_ leaving: ArraySlice<ClosedSegment>, of segments: inout [ClosedSegment], through: Int) {
        var gone = 0
        for segment in leaving {
            for name in segment.names where unlink("\(directory.path)/\(name)") != 0 && errno != ENOENT {
                queue.errors.add(1, ordering: .relaxed)
                return onStatus(
                    .keepingFailed(AuditStoreError(.remove, path: "\(directory.path)/\(name)", code: errno)))
            }
            gone += 1
        }
        segments.removeFirst(gone)
        directory.sync()
        queue.figures.segmentsAgedOut.add(gone, ordering: .relaxed)
        onStatus(.agedOut(segments: gone, through: through))
    }
}
