import Glibc

/// Waiting for SIGTERM or SIGINT.
enum Termination {
    private final class Waiter: Sendable {
        let continuation: CheckedContinuation<Void, Never>

        init(_ continuation: CheckedContinuation<Void, Never>) {
            self.continuation = continuation
        }
    }

    /// Read end and write end. A handler may do next to nothing, but it may write to a pipe.
    private static let pipeEnds: (read: CInt, write: CInt) = {
        var ends: [CInt] = [-1, -1]
        return pipe(&ends) == 0 ? (ends[0], ends[1]) : (-1, -1)
    }()

    /// Catches both signals from now on, also where a shell had SIGINT ignored because it started this in the background.
    static func prepare() {
        _ = pipeEnds  // made here, because the handler must not be the first to need it
        for number in [SIGTERM, SIGINT] { signal(number) { _ in Termination.notify() } }
    }

    /// Returns when one of the signals has come, be it since `prepare()`.
    static func wait() async {
        await withCheckedContinuation { continuation in
            // a thread of its own: waiting would keep one of the runtime's from its work
            var thread = pthread_t()
            let waiter = Unmanaged.passRetained(Waiter(continuation))
            let failed = pthread_create(&thread, nil, { Termination.threadBody($0) }, waiter.toOpaque())
            guard failed == 0 else {
                waiter.takeRetainedValue().continuation.resume()
                return
            }
            pthread_detach(thread)
        }
    }

    private static func notify() {
        var byte: UInt8 = 0
        _ = write(pipeEnds.write, &byte, 1)
    }

    private static func threadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        var byte: UInt8 = 0
        while read(pipeEnds.read, &byte, 1) < 0, errno == EINTR {}
        Unmanaged<Waiter>.fromOpaque(argument).takeRetainedValue().continuation.resume()
        return nil
    }
}
