import Glibc
import StentAudit
import StentModel

/// Which file is written.
extension AuditWriterLoop {
    /// Closes the live file under a segment's name and begins a new one.
    ///
    /// Renamed first and opened then, so that a reader who follows the name finds every line in one of the two.
    func rotate() {
        writeOwnLines()
        seal()
        guard sync() || !hasGivenUp else { return }
        let segment = directory.nextSegment(at: now)
        switch calls.rename(directory.livePath, segment) {
        case .value: break
        case .failure(ENOENT):  // somebody took the file away; it has no name left to change
            lookAtFile()
            if live.holdsRecords { postponeRotation(AuditStoreError(.rotate, path: directory.livePath, code: ENOENT)) }
            return
        case .failure(let code):
            return postponeRotation(AuditStoreError(.rotate, path: directory.livePath, code: code))
        }
        do throws(AuditStoreError) {
            let next = try LiveFile(path: directory.livePath, calls: calls)
            let bytes = live.size
            replace(by: next)
            begun = now.nanoseconds
            queue.rotations.add(1, ordering: .relaxed)
            note(.auditRotated, .init("segment", .text(name(of: segment))), .init("bytes", .number(bytes)))
            onStatus(.rotated(segment: segment, bytes: bytes))
            writeOwnLines()
            keepSegments()
        } catch {
            // The open file is written on under its old name again; where even that fails, under the segment's.
            if case .failure = calls.rename(segment, directory.livePath) { queue.errors.add(1, ordering: .relaxed) }
            postponeRotation(error)
        }
    }

    /// Which multiple of `audit.rotate.every` since 1970 has begun.
    func period(of wall: Int64) -> Int64 {
        let length = max(1, TimeSpan(settings.rotate.every).nanoseconds)
        let (quotient, remainder) = wall.quotientAndRemainder(dividingBy: length)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private func name(of segment: String) -> String { String(segment.dropFirst(directory.path.utf8.count + 1)) }

    private func postponeRotation(_ error: AuditStoreError) {
        queue.errors.add(1, ordering: .relaxed)
        nextRotation = Moment.monotonic().advanced(by: .seconds(10))
        onStatus(.rotationFailed(error))
    }

    /// Closes the live file and opens its path anew.
    func reopen(_ cause: AuditReopening) {
        if standstill == nil, cause == .asked { seal() }
        guard cutTornLine() else {
            return failReopen(AuditStoreError(.repair, path: directory.livePath, code: errno))
        }
        do throws(AuditStoreError) {
            replace(by: try LiveFile(path: directory.livePath, calls: calls))
            noteReopening(cause, segment: nil)
        } catch {
            failReopen(error)
        }
    }

    /// Sees whether the live file is still what its path names, and acts where it is not.
    func lookAtFile() {
        let now = Moment.monotonic()
        guard !isLooking else { return }
        isLooking = true
        defer { isLooking = false }
        nextLook = now.advanced(by: .seconds(1))
        switch live.fate(at: directory.livePath) {
        case .inPlace: break
        case .moved: reopen(.moved)
        case .deleted: restore()
        }
    }

    /// Writes a deleted file's lines, which are there for as long as it is open, as a segment.
    private func restore() {
        let segment = directory.nextSegment(at: now)
        while !hasGivenUp {
            do throws(AuditStoreError) {
                if isSuspect { takeBackSuspect() }
                let next = try LiveFile(path: directory.livePath, calls: calls)
                do throws(AuditStoreError) {
                    try copyLines(to: segment)
                } catch {
                    next.close()
                    throw error
                }
                _ = cutTornLine()
                live.close()
                live = next
                unsynced.forget(base: next.size)
                directory.sync()
                noteReopening(.deleted, segment: name(of: segment))
                return
            } catch {
                standStill(error.operation, error.code)
            }
        }
    }

    private func copyLines(to path: String) throws(AuditStoreError) {
        let draft = path + ".part"
        let target: Int32
        switch calls.open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW) {
        case .value(let value): target = Int32(truncatingIfNeeded: value)
        case .failure(let code): throw AuditStoreError(.restore, path: draft, code: code)
        }
        defer { close(target) }
        var block = [UInt8](repeating: 0, count: 1 << 18)
        var offset = 0
        while offset < live.wholeSize {
            let count = pread(live.descriptor, &block, min(block.count, live.wholeSize - offset), offset)
            guard count > 0 else { throw AuditStoreError(.restore, path: draft, code: count < 0 ? errno : EIO) }
            var done = 0
            while done < count {
                switch block[done..<count].withUnsafeBytes({ calls.write(target, $0) }) {
                case .value(let taken) where taken > 0: done += taken
                case .failure(EINTR): continue
                case .failure(let code): throw AuditStoreError(.restore, path: draft, code: code)
                case .value: throw AuditStoreError(.restore, path: draft, code: ENOSPC)
                }
            }
            offset += count
        }
        if case .failure(let code) = calls.sync(target) { throw AuditStoreError(.restore, path: draft, code: code) }
        if case .failure(let code) = calls.rename(draft, path) {
            throw AuditStoreError(.restore, path: draft, code: code)
        }
    }

    /// Takes an unfinished line back, to be written into the next file.
    private func cutTornLine() -> Bool {
        let torn = live.size - live.wholeSize
        guard live.truncateToWholeLines() else { return false }
        queue.bytesWritten.subtract(unsynced.unwrite(torn), ordering: .relaxed)
        return true
    }

    /// Ends the use of the live file; what the disk may not have of it is written into the next.
    private func replace(by next: LiveFile) {
        if !isSuspect, case .failure(let code) = calls.sync(live.descriptor) {
            queue.errors.add(1, ordering: .relaxed)
            syncFailed = true
            isSuspect = settings.durability != .none
            onStatus(.syncFailed(AuditStoreError(.sync, path: directory.livePath, code: code)))
        }
        if isSuspect { takeBackSuspect() }
        unsynced.forget(base: next.size)
        live.close()
        live = next
        directory.sync()
    }

    /// Takes back what was written since the last good flush, to be written into the next file. Where the old one can't
    /// be cut, its lines are there twice, which is better than not at all.
    private func takeBackSuspect() {
        if case .failure = live.cut(to: min(unsynced.base, live.size), calls: calls) {
            queue.errors.add(1, ordering: .relaxed)
        }
        queue.bytesWritten.subtract(unsynced.unwrite(unsynced.written), ordering: .relaxed)
        isSuspect = false
    }

    private func noteReopening(_ cause: AuditReopening, segment: String?) {
        noteRepair(bytes: live.repaired, saved: nil)
        let event = EventRecord(
            .auditReopened, time: now,
            details: [.init("bytes", .number(live.size)), .init("cause", .text(cause.rawValue))]
                + (segment.map { [.init("segment", .text($0))] } ?? []))
        addOwnLine { AuditLine.append(event, to: &$0) }
        onStatus(.reopened(cause))
    }

    private func failReopen(_ error: AuditStoreError) {
        queue.errors.add(1, ordering: .relaxed)
        onStatus(.reopenFailed(error))
    }

    func noteRepair(bytes: Int, saved: String?) {
        guard bytes > 0 else { return }
        let event = EventRecord(
            .auditRepaired, time: now,
            details: [.init("bytes", .number(bytes))] + (saved.map { [.init("saved", .text($0))] } ?? []))
        addOwnLine { AuditLine.append(event, to: &$0) }
        onStatus(.repaired(path: directory.livePath, bytes: bytes))
    }
}
