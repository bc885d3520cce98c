import Glibc
import StentAudit
import StentExchange
import StentModel

/// Bytes on their way to the disk.
extension AuditWriterLoop {
    /// Writes what is chained; returns when the kernel has all of it, or it was given up.
    func writeOut() {
        guard writeBytes() else { return }
        queue.linesWritten.add(unsynced.uncounted, ordering: .relaxed)
        unsynced.uncounted = 0
        queue.figures.sequence.store(chain.sequence, ordering: .relaxed)
        if settings.durability == .none {
            unsynced.forget(base: live.size)
        } else if unsynced.bytes.count > UnsyncedLines.limit {
            sync()
        }
        if hasReleasedReserve { waitForRoom() }
        // After a flush that failed, only one that succeeds ends it.
        if let standstill, standstill.error.operation != .sync, !waitsForRoom { goOn() }
    }

    /// - Returns: `false` where it was given up.
    private func writeBytes() -> Bool {
        while !unsynced.isWritten {
            guard !hasGivenUp else {
                giveUp()
                return false
            }
            let (start, count) = (unsynced.written, unsynced.bytes.count)
            let result = unsynced.bytes[start...].withUnsafeBytes { calls.write(live.descriptor, $0) }
            switch result {
            case .value(let taken) where taken > 0 && taken <= count - start:
                live.advance(by: unsynced.bytes[start..<start + taken])
                unsynced.advance(by: taken)
                queue.bytesWritten.add(taken, ordering: .relaxed)
            case .failure(EINTR): continue
            case .failure(let code): standStill(.write, code)
            case .value: standStill(.write, ENOSPC)  // a file system that takes nothing without saying why
            }
        }
        return true
    }

    /// Makes all that was written durable; returns when it is, or was given up, which is `false`.
    @discardableResult
    func sync() -> Bool {
        while true {
            guard writeBytes() else { return false }
            let start = Moment.monotonic()
            let result = calls.sync(live.descriptor)
            switch result {
            case .value:
                queue.figures.noteSync(lasting: Moment.monotonic().since(start).nanoseconds)
                unsynced.forget(base: live.size)
                nextSync = .distantFuture
                syncFailed = false
                if !waitsForRoom { goOn() }
                return true
            case .failure(EINTR): continue
            case .failure(let code):
                syncFailed = true
                let error = AuditStoreError(.sync, path: directory.livePath, code: code)
                if standstill?.error != error { onStatus(.syncFailed(error)) }
                guard settings.durability != .none, !hasGivenUp else {
                    queue.errors.add(1, ordering: .relaxed)
                    unsynced.forget(base: live.size)
                    return false
                }
                isSuspect = true
                repeat {
                    standStill(.sync, code)
                    guard !hasGivenUp else { return false }
                } while isSuspect && !writeAgain()
            }
        }
    }

    /// Whoever waits is told, once what they wait for is on the disk; and with `interval` when its time has come.
    func commit() {
        if settings.durability == .interval, !unsynced.isEmpty, nextSync == .distantFuture {
            nextSync = Moment.monotonic().advanced(by: TimeSpan(settings.syncInterval))
        }
        guard !waiters.isEmpty || settings.durability == .every && !unsynced.isEmpty || Moment.monotonic() >= nextSync
        else { return }
        let isDurable = hasGivenUp ? false : unsynced.isEmpty && settings.durability != .none || sync()
        tellWaiters(isDurable ? .durable : .lost)
    }

    func tellWaiters(_ commit: AuditCommit) {
        guard !waiters.isEmpty else { return }
        for waiter in waiters { waiter.tell(commit) }
        waiters.removeAll(keepingCapacity: true)
    }

    /// Opens the file anew, cuts off what the disk may not have, and writes it once more.
    ///
    /// - Returns: whether it was; else it is still suspect.
    private func writeAgain() -> Bool {
        do throws(AuditStoreError) {
            let next = try LiveFile(path: directory.livePath, calls: calls)
            let isSame = next.isSameFile(as: live)
            var old = isSame ? next : live
            if case .failure(let code) = old.cut(to: min(unsynced.base, old.size), calls: calls) {
                next.close()
                return failWritingAgain(AuditStoreError(.repair, path: directory.livePath, code: code))
            }
            let holdsRecords = live.holdsRecords
            live.close()
            live = isSame ? old : next
            live.holdsRecords = holdsRecords
            queue.bytesWritten.subtract(unsynced.unwrite(unsynced.written), ordering: .relaxed)
            unsynced.base = live.size
            isSuspect = false
            return true
        } catch {
            return failWritingAgain(error)
        }
    }

    private func failWritingAgain(_ error: AuditStoreError) -> Bool {
        queue.errors.add(1, ordering: .relaxed)
        onStatus(.reopenFailed(error))
        return false
    }

    /// Waits before the next try.
    func standStill(_ operation: AuditStoreError.Operation, _ code: Int32) {
        let now = Moment.monotonic()
        let error = AuditStoreError(operation, path: directory.livePath, code: code)
        queue.errors.add(1, ordering: .relaxed)
        queue.isFailing.store(true, ordering: .relaxed)
        if standstill?.error != error { onStatus(.failing(error)) }
        standstill = (error, standstill?.since ?? now)
        if code == ENOSPC || code == EDQUOT, reserve.release() {
            hasReleasedReserve = true
            return
        }
        pause(from: now)
    }

    private func pause(from now: Moment) {
        if let stopDeadline, now >= stopDeadline {
            hasGivenUp = true
            return
        }
        let next = now.advanced(by: retryPause)
        let work = queue.pause(until: min(next, stopDeadline ?? next), knowingStop: stopDeadline != nil)
        stopDeadline = work.stopDeadline
        if work.reopens { reopen(.asked) }
        lookAtFile()
    }

    /// Says in the reserve's room what happened, and waits until that can be held again.
    private func waitForRoom() {
        hasReleasedReserve = false
        guard let (error, _) = standstill else { return }
        waitsForRoom = true
        defer { waitsForRoom = false }
        note(.auditFailing, .init("cause", .text(error.cause)))
        writeOwnLines()
        while !hasGivenUp, !reserve.hold() { pause(from: .monotonic()) }
    }

    func goOn() {
        guard !hasGivenUp, let (error, since) = standstill else { return }
        standstill = nil
        queue.isFailing.store(false, ordering: .relaxed)
        note(
            .auditRecovered, .init("cause", .text(error.cause)),
            .init("lasted_ms", .number(Int(Moment.monotonic().since(since).milliseconds))))
        onStatus(.recovered)
    }

    /// Counts what is not written as lost, and leaves whole lines behind.
    private func giveUp() {
        let torn = live.size - live.wholeSize
        if live.truncateToWholeLines() {
            queue.bytesWritten.subtract(unsynced.unwrite(torn), ordering: .relaxed)
        } else {
            queue.errors.add(1, ordering: .relaxed)
        }
        let unwritten = unsynced.bytes[unsynced.written...].reduce(into: 0) { $0 += $1 == 0x0A ? 1 : 0 }
        let written = max(0, unsynced.uncounted - unwritten)
        queue.linesWritten.add(written, ordering: .relaxed)
        queue.linesDropped.add(unsynced.giveUp(linesWritten: written), ordering: .relaxed)
    }
}
