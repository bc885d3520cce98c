import Glibc
import Synchronization

/// Tells every party of a case to end: a descriptor that becomes readable, watched by every wait.
final class WireStop: Sendable {
    /// The reading end of a pipe; its writing end closes to wake every poll for good.
    let descriptor: CInt
    private let writer: CInt
    private let raised = Atomic<Bool>(false)

    init() throws(WireSystemError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw WireSystemError("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        writer = ends[1]
    }

    deinit {
        if !isRaised { _ = Glibc.close(writer) }
        _ = Glibc.close(descriptor)
    }

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() {
        guard raised.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        _ = Glibc.close(writer)
    }
}

/// A system call that failed where none should.
package struct WireSystemError: Error, Sendable, CustomStringConvertible {
    package var description: String

    init(_ call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}
