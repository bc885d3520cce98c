import NIOPosix

/// One thread for work that would hold up an event loop: reading large JSON texts.
final class Background: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)

    init() { pool.start() }

    deinit { pool.shutdownGracefully { _ in } }

    func submit(_ work: @escaping @Sendable () -> Void) {
        pool.submit { _ in work() }  // a pool that is shut down still calls it, as cancelled
    }
}
