import StentModel

/// One thing with a time limit: a connection, together with the exchange on it.
///
/// Its owner only stores when it is due; the wheel looks at it at the latest then. Moving a deadline further away costs an
/// assignment, so that a request need not schedule and cancel timers.
package final class TimerNode {
    /// When the owner wants to be called; may be moved freely with `LoopTimers.set`.
    package fileprivate(set) var due = Moment.distantFuture
    fileprivate var bucket = -1
    fileprivate var index = -1
    fileprivate var bucketTime = Int64.max
    /// Called on the loop when `due` has passed.
    package var fire: ((Moment) -> Void)?

    package init() {}

    package var isScheduled: Bool { bucket >= 0 }
}

/// A timer wheel of one event loop, with coarse ticks: limits of seconds need no finer ones.
///
/// Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 6, with far deadlines parked in the last
/// bucket and looked at again there.
package final class LoopTimers {
    /// Length of a tick.
    package static let tick = TimeSpan.milliseconds(20)
    private static let bucketCount = 1_024

    private var buckets: [[TimerNode]] = Array(repeating: [], count: bucketCount)
    /// The tick that was handled last.
    private var position: Int64
    package private(set) var count = 0

    package init(now: Moment) { position = now.nanoseconds / Self.tick.nanoseconds }

    package var isEmpty: Bool { count == 0 }

    /// Sets when the node is due; the distant future is never.
    package func set(_ node: TimerNode, due: Moment) {
        node.due = due
        guard due != .distantFuture else { return }  // a scheduled node is dropped when its bucket comes
        if node.isScheduled, node.bucketTime <= due.nanoseconds / Self.tick.nanoseconds + 1 { return }
        if node.isScheduled { remove(node) }
        insert(node)
    }

    /// Forgets the node.
    package func cancel(_ node: TimerNode) {
        node.due = .distantFuture
        if node.isScheduled { remove(node) }
    }

    /// Calls every node that is due.
    package func advance(to now: Moment) {
        let target = now.nanoseconds / Self.tick.nanoseconds
        guard target > position else { return }
        // After a long sleep one round over all buckets sees every node.
        var tick = max(position + 1, target - Int64(Self.bucketCount) + 1)
        position = target
        while tick <= target {
            let bucket = Int(tick % Int64(Self.bucketCount))
            var index = buckets[bucket].count - 1
            while index >= 0 {
                // A call may cancel other nodes of this bucket, so the place is checked anew each time.
                if index < buckets[bucket].count {
                    let node = buckets[bucket][index]
                    if node.bucketTime <= target {
                        remove(node)
                        if node.due <= now {
                            node.due = .distantFuture
                            node.fire?(now)
                        } else if node.due != .distantFuture {
                            insert(node)
                        }
                    }
                }
                index -= 1
            }
            tick += 1
        }
    }

    private func insert(_ node: TimerNode) {
        let wanted = node.due.nanoseconds / Self.tick.nanoseconds + 1
        let tick = min(max(wanted, position + 1), position + Int64(Self.bucketCount) - 1)
        node.bucketTime = tick
        node.bucket = Int(tick % Int64(Self.bucketCount))
        node.index = buckets[node.bucket].count
        buckets[node.bucket].append(node)
        count += 1
    }

    private func remove(_ node: TimerNode) {
        guard let last = buckets[node.bucket].popLast() else { return }
        if last !== node {
            buckets[node.bucket][node.index] = last
            last.index = node.index
        }
        node.bucket = -1
        node.index = -1
        node.bucketTime = .max
        count -= 1
    }
}
