import StentModel
import StentPolicy
import Testing

private func balancer(_ servers: Int, failures: Int = 3, slowStart: TimeSpan = .zero) -> Balancer {
    var ejection = EjectionSettings()
    ejection.failures = failures
    ejection.duration = .seconds(30)
    return Balancer(servers: servers, ejection: ejection, slowStart: slowStart)
}

private func at(_ seconds: Double) -> Moment { Moment(nanoseconds: Int64(seconds * 1_000_000_000)) }

extension Balancer {
    /// Attempts one after another that fail.
    fileprivate mutating func fail(_ server: Int, times: Int = 3, now: Moment) {
        for _ in 0..<times {
            began(server)
            ended(server, .failed, now: now)
        }
    }

    /// How many of many picks each server gets; nothing else is under way.
    fileprivate mutating func shares(_ picks: Int, avoiding: Int? = nil, seed: UInt64, now: Moment) -> [Int: Int] {
        var random = SeededRandom(seed: seed)
        var counts: [Int: Int] = [:]
        for _ in 0..<picks {
            counts[
                pick(
                    .random(in: 0...1, using: &random), .random(in: 0...1, using: &random), avoiding: avoiding, now: now
                ), default: 0] += 1
        }
        return counts
    }
}

@Suite struct `The server of an attempt` {
    @Test func `is the only one where there is one, whatever it does`() {
        var balancer = balancer(1)
        balancer.fail(0, times: 100, now: at(0))
        balancer.health(0, .unhealthy, now: at(0))
        #expect(balancer.pick(0.5, 0.5, avoiding: 0, now: at(0)) == 0)
        #expect(balancer.state(of: 0, now: at(0)) == .eligible)
    }

    @Test func `is the less busy of the two that were drawn`() {
        var balancer = balancer(3)
        for _ in 0..<2 { balancer.began(0) }
        balancer.began(1)
        #expect(balancer.pick(0.1, 0.1, avoiding: nil, now: at(0)) == 1)  // of 0 and 1
        #expect(balancer.pick(0.1, 0.9, avoiding: nil, now: at(0)) == 2)  // of 0 and 2
        #expect(balancer.pick(0.4, 0.1, avoiding: nil, now: at(0)) == 1)  // of 1 and 0
        balancer.ended(0, .good, now: at(0))
        balancer.ended(0, .noVerdict, now: at(0))
        #expect(balancer.pick(0.4, 0.1, avoiding: nil, now: at(0)) == 0)
    }

    @Test(arguments: [0, 1, -1, 2, 0.999_999_999_999_999_9, .nan, .infinity, -.infinity] as [Double])
    func `is one of them for every draw`(draw: Double) {
        for count in 2...5 {
            var balancer = balancer(count)
            for other in [0, 0.5, 1, draw] {
                #expect((0..<count).contains(balancer.pick(draw, other, avoiding: nil, now: at(0))))
                #expect((0..<count).contains(balancer.pick(other, draw, avoiding: 1, now: at(0))))
                #expect((0..<count).contains(balancer.pick(other, draw, avoiding: count, now: at(0))))
            }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `gets hardly more than its share`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var balancer = balancer(10)
        var counts = [Int](repeating: 0, count: 10)
        var underWay: [Int] = []
        var most = 0
        for _ in 0..<4_000 {
            let server = balancer.pick(
                .random(in: 0...1, using: &random), .random(in: 0...1, using: &random), avoiding: nil, now: at(0))
            balancer.began(server)
            counts[server] += 1
            underWay.append(server)
            if underWay.count > 100 {
                let ending = underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random))
                balancer.ended(ending, .good, now: at(0))
            }
            most = max(most, balancer.active(at: server))
        }
        #expect(most <= 100 / 10 + 5, "of ten each that are under way")
        #expect(counts.allSatisfy { (340...460).contains($0) }, "\(counts)")
    }

    @Test func `is not the one that the last attempt failed at, while another is in`() {
        var balancer = balancer(3)
        #expect(balancer.shares(1_000, avoiding: 1, seed: 1, now: at(0))[1] == nil)
        balancer.fail(0, now: at(0))
        #expect(balancer.shares(1_000, avoiding: 1, seed: 2, now: at(0)) == [2: 1_000])
        balancer.health(2, .unhealthy, now: at(0))
        #expect(balancer.shares(1_000, avoiding: 1, seed: 3, now: at(0)) == [1: 1_000])
    }
}

@Suite struct `A server that fails` {
    @Test func `is ejected after so many failures in a row`() {
        var balancer = balancer(3)
        balancer.fail(0, times: 2, now: at(0))
        balancer.began(0)
        balancer.ended(0, .good, now: at(0))
        balancer.fail(0, times: 2, now: at(0))
        balancer.began(0)
        balancer.ended(0, .noVerdict, now: at(0))
        #expect(balancer.state(of: 0, now: at(0)) == .eligible)
        balancer.fail(0, times: 1, now: at(0))
        #expect(balancer.state(of: 0, now: at(0)) == .ejected)
        #expect(balancer.ejections(of: 0) == 1)
        #expect(balancer.shares(1_000, seed: 1, now: at(29.9))[0] == nil)
        #expect(balancer.state(of: 0, now: at(30)) == .eligible)
        #expect(balancer.shares(1_000, seed: 1, now: at(30))[0] ?? 0 > 250)
    }

    @Test func `is never ejected where ejection is off`() {
        var balancer = balancer(2, failures: 0)
        balancer.fail(0, times: 1_000, now: at(0))
        #expect(balancer.state(of: 0, now: at(0)) == .eligible)
    }

    @Test func `is not ejected as the last one, but by one more failure when another is back`() {
        var balancer = balancer(2)
        balancer.fail(0, now: at(0))
        balancer.fail(1, times: 50, now: at(1))
        #expect(balancer.state(of: 1, now: at(1)) == .eligible)
        #expect(balancer.shares(100, seed: 1, now: at(1)) == [1: 100])
        balancer.fail(1, times: 1, now: at(30))
        #expect(balancer.state(of: 0, now: at(30)) == .eligible)
        #expect(balancer.state(of: 1, now: at(30)) == .ejected)
    }

    @Test func `is out longer each time, up to ten times as long`() {
        var balancer = balancer(2)
        var now = at(0)
        for time in 1...15 {
            balancer.fail(0, now: now)
            let span = TimeSpan.seconds(30 * Int64(min(time, 10)))
            let end = now.advanced(by: span)
            let last = now.advanced(by: TimeSpan(nanoseconds: span.nanoseconds - 1))
            #expect(balancer.state(of: 0, now: last) == .ejected)
            #expect(balancer.state(of: 0, now: end) == .eligible)
            now = end
        }
        #expect(balancer.ejections(of: 0) == 15)
    }

    @Test func `is forgiven one ejection for each ejection's length that it stayed in`() {
        var balancer = balancer(2)
        balancer.fail(0, now: at(0))
        balancer.fail(0, now: at(30))
        balancer.fail(0, now: at(90))  // the third time, until 180
        balancer.fail(0, now: at(180 + 61))  // two are forgotten: the second time, for 60 s
        #expect(balancer.state(of: 0, now: at(300)) == .ejected)
        #expect(balancer.state(of: 0, now: at(301)) == .eligible)
        balancer.fail(0, now: at(100_000))
        #expect(balancer.state(of: 0, now: at(100_029)) == .ejected)
        #expect(balancer.state(of: 0, now: at(100_030)) == .eligible)
    }

    @Test func `is not out longer for attempts that were under way`() {
        var balancer = balancer(2)
        for _ in 0..<20 { balancer.began(0) }
        for _ in 0..<20 { balancer.ended(0, .failed, now: at(0)) }
        #expect(balancer.state(of: 0, now: at(29.9)) == .ejected)
        #expect(balancer.ejections(of: 0) == 1)
        balancer.fail(0, times: 2, now: at(30))
        #expect(balancer.state(of: 0, now: at(30)) == .eligible)
    }

    @Test func `survives the longest settings there can be`() {
        var ejection = EjectionSettings()
        ejection.failures = 1
        ejection.duration = .seconds(Int64.max)
        var balancer = Balancer(servers: 2, ejection: ejection, slowStart: TimeSpan(nanoseconds: .max))
        for time in [0.0, 1e9, 9e9] {
            balancer.fail(0, times: 1, now: at(time))
            balancer.fail(1, times: 1, now: at(time))
            #expect((0...1).contains(balancer.pick(0.5, 0.5, avoiding: nil, now: at(time))))
        }
        ejection.duration = .zero
        var brief = Balancer(servers: 2, ejection: ejection, slowStart: .zero)
        brief.fail(0, times: 5, now: at(1))
        #expect((0...1).contains(brief.pick(0.1, 0.1, avoiding: nil, now: at(1))))
    }
}

@Suite struct `A server that checks find unhealthy` {
    @Test func `is out until they find it healthy`() {
        var balancer = balancer(2)
        balancer.health(0, .unhealthy, now: at(0))
        #expect(balancer.state(of: 0, now: at(1e6)) == .unhealthy)
        #expect(balancer.shares(100, seed: 1, now: at(1e6)) == [1: 100])
        balancer.health(0, .healthy, now: at(1e6))
        #expect(balancer.state(of: 0, now: at(1e6)) == .eligible)
        #expect(balancer.shares(100, seed: 1, now: at(1e6))[0] ?? 0 > 20)
    }

    @Test func `gets its share as before where all are`() {
        var balancer = balancer(4)
        for server in 0..<4 { balancer.health(server, .unhealthy, now: at(0)) }
        let shares = balancer.shares(4_000, seed: 1, now: at(0))
        #expect((0..<4).allSatisfy { (800...1_200).contains(shares[$0] ?? 0) }, "\(shares)")
        balancer.fail(1, now: at(0))
        #expect(balancer.ejections(of: 1) == 0, "nothing is ejected in panic")
        balancer.health(2, .healthy, now: at(0))
        #expect(balancer.shares(100, seed: 2, now: at(0)) == [2: 100])
    }

    @Test func `does not come back while it is ejected too, nor the other way round`() {
        var balancer = balancer(2)
        balancer.fail(0, now: at(0))
        balancer.health(0, .unhealthy, now: at(10))
        #expect(balancer.state(of: 0, now: at(10)) == .unhealthy)
        balancer.health(0, .healthy, now: at(20))
        #expect(balancer.state(of: 0, now: at(20)) == .ejected)
        balancer.health(0, .unhealthy, now: at(20))
        #expect(balancer.shares(100, seed: 1, now: at(40)) == [1: 100])
        balancer.health(0, .healthy, now: at(50))
        #expect(balancer.state(of: 0, now: at(50)) == .eligible)
    }
}

@Suite struct `A server that has come back` {
    @Test func `is not warmed at the start of the process`() {
        #expect(balancer(2, slowStart: .seconds(100)).state(of: 0, now: at(0)) == .eligible)
    }

    @Test(arguments: [(0.0, 0.1), (5, 0.1), (25, 0.25), (50, 0.5), (75, 0.75), (99, 0.99), (100, 1)])
    func `gets a part of its share that grows, when it is quiet`(elapsed: Double, weight: Double) {
        var balancer = balancer(2, slowStart: .seconds(100))
        balancer.fail(0, now: at(0))
        let now = at(30 + elapsed)
        #expect(balancer.state(of: 0, now: now) == (elapsed < 100 ? .warming : .eligible))
        let share = Double(balancer.shares(5_000, seed: 7, now: now)[0] ?? 0) / 5_000
        #expect(abs(share - weight / 2) < 0.03, "\(share)")
    }

    @Test(arguments: [(0.0, 0.1), (25, 0.25), (50, 0.5), (75, 0.75), (100, 1)])
    func `has a part of the others' attempts under way, in a rush`(elapsed: Double, weight: Double) {
        var balancer = balancer(2, slowStart: .seconds(100))
        balancer.fail(0, now: at(0))
        var random = SeededRandom(seed: 3)
        for _ in 0..<1_100 {
            let server = balancer.pick(
                .random(in: 0...1, using: &random), .random(in: 0...1, using: &random), avoiding: nil,
                now: at(30 + elapsed))
            balancer.began(server)
        }
        let ratio = Double(balancer.active(at: 0)) / Double(balancer.active(at: 1))
        #expect(abs(ratio - weight) < 0.05, "\(ratio)")
    }

    @Test func `is warmed after ill health, from when it came back`() {
        var balancer = balancer(2, slowStart: .seconds(100))
        balancer.health(0, .unhealthy, now: at(0))
        balancer.health(0, .healthy, now: at(1_000))
        #expect(balancer.state(of: 0, now: at(1_099)) == .warming)
        #expect(balancer.state(of: 0, now: at(1_100)) == .eligible)
    }
}

@Suite struct `New settings of several servers` {
    @Test func `keep what is known of those that stay, but not their attempts under way`() {
        var balancer = balancer(3)
        balancer.fail(2, now: at(0))
        balancer.health(1, .unhealthy, now: at(0))
        balancer.began(1)
        var changed = balancer.rearranged([2, nil, 1, 7], ejection: EjectionSettings(), slowStart: .zero)
        #expect((0..<4).map { changed.state(of: $0, now: at(1)) } == [.ejected, .eligible, .unhealthy, .eligible])
        #expect((0..<4).map(changed.active(at:)) == [0, 0, 0, 0])
        #expect(changed.ejections(of: 0) == 1)
        #expect(Set(changed.shares(1_000, seed: 1, now: at(1)).keys) == [1, 3])
        #expect(Set(changed.shares(1_000, seed: 1, now: at(30)).keys) == [0, 1, 3])
    }

    @Test func `apply to the next failure`() {
        var balancer = balancer(2)
        var ejection = EjectionSettings()
        ejection.failures = 1
        ejection.duration = .seconds(1)
        balancer.adopt(ejection: ejection, slowStart: .seconds(1))
        balancer.fail(0, times: 1, now: at(0))
        #expect(balancer.state(of: 0, now: at(0.9)) == .ejected)
        #expect(balancer.state(of: 0, now: at(1)) == .warming)
        #expect(balancer.state(of: 0, now: at(2)) == .eligible)
    }
}

@Suite struct `Any history of several servers` {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `leaves one to take, and never ejects the last`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 2...5, using: &random)
        var balancer = balancer(count, slowStart: .seconds(10))
        var underWay: [Int] = []
        var now = at(0)
        for _ in 0..<200 {
            now = now.advanced(by: .milliseconds(.random(in: 0...20_000, using: &random)))
            let before = (0..<count).map { balancer.state(of: $0, now: now) }
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                balancer.health(
                    .random(in: 0..<count, using: &random), Bool.random(using: &random) ? .healthy : .unhealthy,
                    now: now)
            case 1 where !underWay.isEmpty:
                let server = underWay.remove(at: .random(in: 0..<underWay.count, using: &random))
                balancer.ended(server, random.once(in: 5) ? .good : .failed, now: now)
                let after = (0..<count).map { balancer.state(of: $0, now: now) }
                let wasIn = before.contains { $0 == .eligible || $0 == .warming }
                #expect(!wasIn || after.contains { $0 == .eligible || $0 == .warming }, "\(before) \(after)")
            case _:
                let avoiding = random.once(in: 2) ? Int.random(in: 0..<count, using: &random) : nil
                let server = balancer.pick(
                    .random(in: 0...1, using: &random), .random(in: 0...1, using: &random), avoiding: avoiding,
                    now: now)
                balancer.began(server)
                underWay.append(server)
                let isIn = before.map { $0 == .eligible || $0 == .warming }
                let others = isIn.indices.filter { isIn[$0] && $0 != avoiding }
                if isIn.contains(true) { #expect(isIn[server], "\(before)") }
                if !others.isEmpty { #expect(server != avoiding) }
            }
        }
        #expect((0..<count).reduce(0) { $0 + balancer.active(at: $1) } == underWay.count)
    }
}
