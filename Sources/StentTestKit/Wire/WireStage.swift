import Glibc
import Synchronization

/// What the parties of one running case share.
final class WireStage: Sendable {
    /// Longest any single wait lasts.
    let patience: Duration
    /// Raised when the case has failed: nobody waits on.
    let stop: WireStop
    let transcript = WireTranscript()
    private let signals = Mutex<Set<String>>([])
    private let failures = Mutex<[WireFailure]>([])

    init(patience: Duration) throws(WireSystemError) {
        self.patience = patience
        stop = try WireStop()
    }

    var deadline: WireDeadline { WireDeadline(in: patience) }

    /// Keeps the failure and ends the waits of the others, whose own failures then say nothing and are dropped.
    func fail(_ failure: WireFailure) {
        failures.withLock { failures in
            if failures.isEmpty || !stop.isRaised { failures.append(failure) }
        }
        stop.raise()
    }

    var firstFailure: WireFailure? { failures.withLock { $0.first } }

    func signal(_ name: String) {
        signals.withLock { _ = $0.insert(name) }
    }

    /// - Returns: false where the signal did not come in time.
    func wait(for name: String) -> Bool {
        let deadline = deadline
        while !stop.isRaised, deadline.remainingMilliseconds > 0 {
            if signals.withLock({ $0.contains(name) }) { return true }
            var polled = pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, 1)
        }
        return false
    }
}
