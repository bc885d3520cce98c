import NIOCore
import StentModel

extension HTTP1Connection {
    var nextDue: Moment {
        var due = handler.due
        if let stalledSince { due = min(due, stalledSince.advanced(by: worker.snapshot.timeouts.writeStall)) }
        return min(due, readingDue)
    }

    var readingDue: Moment {
        let limits = worker.snapshot.timeouts
        switch reading {
        case .handshake: return phaseStart.advanced(by: limits.tlsHandshake)
        case .head:
            let isIdle = !headHasBegun && !isFirstRequest
            return phaseStart.advanced(by: isIdle ? limits.keepaliveIdle : limits.head)
        case .content:
            guard !readingIsPaused else { return .distantFuture }
            let earned = Int64(contentBytes / limits.bodyMinimumRate)
            let whole = phaseStart.advanced(by: limits.bodyIdle).advanced(by: .seconds(earned)).advanced(by: pausedTime)
            return min(whole, lastRead.advanced(by: limits.bodyIdle))
        case .nothing: return .distantFuture
        case .discarding: return phaseStart.advanced(by: limits.bodyIdle)
        case .lingering: return lastBytesWait ? .distantFuture : phaseStart.advanced(by: Self.lingerTime)
        }
    }

    func timerFired(now: Moment) {
        guard !isClosed else { return }
        if now >= readingDue { readingTimedOut(now: now) }
        if !isClosed, handler.due <= now { handler.timerFired(now: now) }
        if !isClosed, let since = stalledSince, now >= since.advanced(by: worker.snapshot.timeouts.writeStall) {
            checkStall(now: now)
        }
        deadlineChanged()
    }

    func readingTimedOut(now: Moment) {
        switch reading {
        case .handshake, .discarding, .lingering:
            close()
        case .head:
            if headHasBegun { refuse(.requestHeadTimeout, now: now) } else { close() }
        case .content:
            closesAfterAnswer = true
            handler.requestFailed(.requestBodyTimeout, now: now)
        case .nothing: break
        }
    }

    /// A client that reads slowly is not one that does not read: only without any progress is it cut.
    func checkStall(now: Moment) {
        let waiting = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if waiting < stalledBytes {
            stalledBytes = waiting
            stalledSince = now
        } else if handler.isActive {
            handler.clientStalled(now: now)
        } else {
            close()
        }
    }
}
