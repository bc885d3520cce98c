import Dispatch
import Synchronization

/// Work on blocks that is spread over the cores, its results taken in the order of the blocks.
enum OrderedWork {
    /// Blocks that are worked on at once; so many again are read meanwhile.
    private static let width = 16

    /// - Parameters:
    ///   - read: gives the next block, or `nil` at the end; called on one thread at a time.
    ///   - work: pure; called on several threads.
    ///   - take: gets blocks' results in their order; on the calling thread.
    static func run<Block: Sendable, Result: Sendable>(
        read: () -> Block?, work: @Sendable (Block) -> Result, take: (Result) -> Answer
    ) {
        // proof: the reader's state never leaves the one iteration that reads, and `concurrentPerform` ends before the next one
        // begins: it is used by one thread at a time.
        nonisolated(unsafe) let read = read
        var blocks = batch(read)
        while !blocks.isEmpty {
            let results = Mutex([Result?](repeating: nil, count: blocks.count))
            let following = Mutex([Block]())
            withExtendedLifetime(blocks) {
                let current = blocks
                // Iteration 0 reads what comes next while the others work.
                DispatchQueue.concurrentPerform(iterations: current.count + 1) { index in
                    if index == 0 {
                        let more = batch(read)
                        following.withLock { $0 = more }
                    } else {
                        let result = work(current[index - 1])
                        results.withLock { $0[index - 1] = result }
                    }
                }
            }
            for case let result? in results.withLock({ $0 }) {
                guard take(result) == .goOn else { return }
            }
            blocks = following.withLock { $0 }
        }
    }

    enum Answer: Sendable, Equatable {
        case goOn
        case stop
    }

    private static func batch<Block>(_ read: () -> Block?) -> [Block] {
        var blocks: [Block] = []
        while blocks.count < width, let block = read() { blocks.append(block) }
        return blocks
    }
}
