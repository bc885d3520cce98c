import Foundation
import Synchronization

/// Blocking work on a thread of its own, running from the moment it is made: it waits for no place in the pool that runs
/// tasks, which other tests may keep busy.
final class WireThread: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Void, Never>)
        case ended
    }

    private let state = Mutex(State.running)

    init(_ work: @escaping @Sendable () -> Void) {
        Thread { [self] in
            work()
            let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
                defer { state = .ended }
                guard case .awaited(let continuation) = state else { return nil }
                return continuation
            }
            waiting?.resume()
        }.start()
    }

    /// Returns when the work is done. To be called by one task.
    func end() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if case .ended = state { return true }
                state = .awaited(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}
