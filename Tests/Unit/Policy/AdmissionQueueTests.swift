import StentModel
import StentPolicy
import Testing

/// A queue whose waiters are numbered in the order they come.
private struct Line {
    var queue: AdmissionQueue
    var last = 0

    init(bound: Int = 100) { queue = AdmissionQueue(bound: bound) }

    @discardableResult
    mutating func push(
        _ priority: Priority, by caller: UInt64 = 1, isSafe: Bool = true, deadline: Int64 = 60
    ) -> AdmissionQueue.Push {
        last += 1
        return queue.push(
            AdmissionQueue.Waiter(
                id: last, priority: priority, caller: CallerKey(caller), isSafe: isSafe, route: 0,
                deadline: Moment(nanoseconds: deadline), since: Moment(nanoseconds: Int64(last))))
    }

    mutating func pop(_ count: Int) -> [Int] { (0..<count).compactMap { _ in queue.pop()?.id } }
}

extension AdmissionQueue.Push {
    fileprivate var displaced: Int? {
        switch self {
        case .displacing(let waiter): waiter.id
        case .queued, .full: nil
        }
    }
}

@Suite struct `The queue before the upstream` {
    @Test func `serves writes, then single reads, then lists`() {
        var line = Line()
        line.push(.list)
        line.push(.read)
        line.push(.write)
        line.push(.read)
        #expect(line.pop(5) == [3, 2, 4, 1])
    }

    @Test func `lets callers take turns, each in the order of its requests`() {
        var line = Line()
        for _ in 1...3 { line.push(.read, by: 1) }
        line.push(.read, by: 2)
        line.push(.read, by: 3)
        line.push(.read, by: 2)
        #expect(line.pop(6) == [1, 4, 5, 2, 6, 3])
    }

    @Test func `gives a caller that comes back the last turn`() {
        var line = Line()
        line.push(.read, by: 1)
        line.push(.read, by: 2)
        #expect(line.pop(1) == [1])
        line.push(.read, by: 1)
        #expect(line.pop(2) == [2, 3])
    }

    @Test func `gives every eighth turn to another class than the first, of two the one served longer ago`() {
        var line = Line()
        for _ in 1...40 { line.push(.write) }
        for _ in 1...2 { line.push(.list) }
        for _ in 1...2 { line.push(.read) }
        let order = line.pop(32)
        // Both began to wait in the same turn: the higher class first, then the one that was not served.
        #expect([7, 15, 23, 31].map { order[$0] } == [43, 41, 44, 42])
        #expect(order.filter { $0 <= 40 } == Array(1...28))
    }

    @Test func `refuses a newcomer when it is full of its equals and betters`() {
        var line = Line(bound: 2)
        line.push(.write)
        line.push(.read)
        #expect(line.push(.read) == .full)
        #expect(line.push(.list) == .full)
        #expect(line.queue.count == 2)
    }

    @Test func `displaces the newest of the busiest caller of the lowest class`() {
        var line = Line(bound: 6)
        line.push(.read, by: 9)
        line.push(.list, by: 1)
        line.push(.list, by: 2)
        line.push(.list, by: 2)
        line.push(.list, by: 2)
        line.push(.list, by: 1)
        #expect(line.push(.write).displaced == 5)
        #expect(line.push(.write).displaced == 6)  // two each now: the one who has had them for longer
        #expect(line.push(.write).displaced == 4)
        #expect(line.push(.read).displaced == 2)
        #expect(line.push(.read).displaced == 3)
        #expect(line.push(.read) == .full)
        #expect(line.push(.write).displaced != nil)
        #expect(line.queue.count == 6)
    }

    @Test func `probes with safe requests first, in the order they came`() {
        var line = Line()
        line.push(.write, isSafe: false)
        line.push(.list, by: 1)
        line.push(.read, by: 1)
        line.push(.write, by: 2, isSafe: false)
        #expect((0..<5).compactMap { _ in line.queue.popProbe()?.id } == [2, 3, 1, 4])
    }

    @Test func `knows who came first and whose exchange ends first`() {
        var line = Line()
        line.push(.read, deadline: 30)
        line.push(.write, isSafe: false, deadline: 10)
        line.push(.list, deadline: 20)
        #expect(line.queue.oldest?.id == 1)
        #expect(line.queue.mostUrgent?.id == 2)
        #expect(line.queue.remove(1)?.id == 1)
        #expect(line.queue.remove(1) == nil)
        #expect(line.queue.oldest?.id == 2)
        #expect(line.pop(1) == [2])
        #expect(line.queue.mostUrgent?.id == 3)
    }

    /// Against a model that searches.
    @Test func `keeps its order under any use`() {
        for seed in 0..<100 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var line = Line(bound: 12)
            var waiting: [AdmissionQueue.Waiter] = []
            for step in 0..<150 {
                if random.next() % 5 < 3 {
                    let priority = Priority.allCases[Int(random.next() % 3)]
                    let lower = waiting.filter { $0.priority > priority }
                    let push = line.push(
                        priority, by: random.next() % 4, isSafe: random.once(in: 2), deadline: Int64(random.next() % 50)
                    )
                    switch push {
                    case .queued: #expect(waiting.count < 12)
                    case .full: #expect(waiting.count == 12 && lower.isEmpty)
                    case .displacing(let loser):
                        let lowest = lower.map(\.priority).max()
                        let peers = lower.filter { $0.priority == lowest }
                        let counts = Dictionary(grouping: peers, by: \.caller).mapValues(\.count)
                        #expect(waiting.count == 12 && loser.priority == lowest)
                        #expect(counts[loser.caller] == counts.values.max())
                        #expect(peers.filter { $0.caller == loser.caller }.map(\.id).max() == loser.id)
                        waiting.removeAll { $0.id == loser.id }
                    }
                    if push != .full, let new = line.queue.newest(line.last) { waiting.append(new) }
                } else if random.once(in: 3), let one = waiting.randomElement(using: &random) {
                    #expect(line.queue.remove(one.id) == one)
                    waiting.removeAll { $0.id == one.id }
                } else if let one = random.once(in: 4) ? line.queue.popProbe() : line.queue.pop() {
                    waiting.removeAll { $0.id == one.id }
                }
                #expect(line.queue.count == waiting.count, "seed \(seed) step \(step)")
                #expect(line.queue.mostUrgent?.deadline == waiting.map(\.deadline).min())
                #expect(line.queue.oldest?.id == waiting.map(\.id).min())
                for priority in Priority.allCases {
                    #expect(line.queue.count(of: priority) == waiting.count { $0.priority == priority })
                }
            }
        }
    }
}

extension AdmissionQueue {
    /// The waiter of this number, seen by taking it out of a copy.
    fileprivate func newest(_ id: Int) -> Waiter? {
        var copy = self
        return copy.remove(id)
    }
}
