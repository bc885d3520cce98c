import StentModel
import StentProxy
import Testing

@Suite struct `The timer wheel` {
    private func moment(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    /// A node that notes when it was called.
    private final class Call {
        let node = TimerNode()
        var times: [Moment] = []
        init() { node.fire = { [unowned self] in times.append($0) } }
    }

    @Test(arguments: [1, 19, 20, 21, 100, 20_479, 20_480, 75_000, 3_600_000] as [Int64])
    func `calls a node once, not before its time and within two ticks of it`(due: Int64) throws {
        let timers = LoopTimers(now: moment(0))
        let call = Call()
        timers.set(call.node, due: moment(due))
        for now in stride(from: Int64(0), through: due + 100, by: 7) { timers.advance(to: moment(now)) }
        let time = try #require(call.times.first)
        #expect(call.times.count == 1)
        #expect(time >= moment(due) && time <= moment(due + 60))
        #expect(timers.isEmpty)
    }

    @Test func `does not call a node before a deadline that was moved away`() {
        let timers = LoopTimers(now: moment(0))
        let call = Call()
        timers.set(call.node, due: moment(100))
        timers.set(call.node, due: moment(50_000))
        for now in stride(from: Int64(0), through: 49_990, by: 10) { timers.advance(to: moment(now)) }
        #expect(call.times.isEmpty)
        timers.advance(to: moment(50_060))
        #expect(call.times.count == 1)
    }

    @Test func `calls a node at a deadline that was moved nearer`() {
        let timers = LoopTimers(now: moment(0))
        let call = Call()
        timers.set(call.node, due: moment(75_000))
        timers.set(call.node, due: moment(200))
        timers.advance(to: moment(250))
        #expect(call.times.count == 1 && timers.isEmpty)
    }

    @Test func `forgets a cancelled node, and one that is never due`() {
        let timers = LoopTimers(now: moment(0))
        let cancelled = Call()
        let never = Call()
        timers.set(cancelled.node, due: moment(100))
        timers.set(never.node, due: moment(100))
        timers.cancel(cancelled.node)
        timers.set(never.node, due: .distantFuture)
        timers.advance(to: moment(1_000))
        #expect(cancelled.times.isEmpty && never.times.isEmpty && timers.isEmpty)
    }

    @Test func `calls every node after a sleep longer than the wheel`() {
        let timers = LoopTimers(now: moment(0))
        let calls = (0..<500).map { _ in Call() }
        for (index, call) in calls.enumerated() { timers.set(call.node, due: moment(Int64(index) * 37)) }
        timers.advance(to: moment(1_000_000))
        #expect(calls.allSatisfy { $0.times.count == 1 } && timers.isEmpty)
    }

    @Test func `lets a call cancel its neighbours and set itself again`() {
        let timers = LoopTimers(now: moment(0))
        let calls = (0..<8).map { _ in Call() }
        for call in calls { timers.set(call.node, due: moment(100)) }
        var called = 0
        for call in calls {
            call.node.fire = { now in
                called += 1
                for other in calls where other !== call { timers.cancel(other.node) }
                if called < 3 { timers.set(call.node, due: now.advanced(by: .milliseconds(100))) }
            }
        }
        for now in stride(from: Int64(0), through: 1_000, by: 10) { timers.advance(to: moment(now)) }
        #expect(called == 3 && timers.isEmpty)
    }
}
