import StentModel
import StentPolicy
import Testing

private let key = CreateKey(high: 1, low: 2)
private let other = CreateKey(high: 1, low: 3)

private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

extension CreateRegister {
    /// Enters a create that has to wait.
    fileprivate mutating func queue(_ key: CreateKey) throws -> WaiterID {
        switch enter(key, now: at(0)) {
        case .wait(let waiter): return waiter
        case .go:
            Issue.record("nobody was before it")
            throw CancellationError()
        }
    }
}

@Suite struct `Creates of equal content` {
    @Test func `take turns in the order they came`() throws {
        var register = CreateRegister()
        #expect(register.enter(key, now: at(0)) == .go)
        #expect(register.enter(other, now: at(0)) == .go)
        let second = try register.queue(key)
        let third = try register.queue(key)
        #expect(register.leave(key, claimed: "1", now: at(1)) == second)
        #expect(register.leave(key, claimed: nil, now: at(2)) == third)
        #expect(register.leave(key, claimed: "3", now: at(3)) == nil)
        #expect(register.leave(other, claimed: nil, now: at(3)) == nil)
        #expect(register.size == (lanes: 0, waiting: 0, claims: 2))
        #expect(register.enter(key, now: at(4)) == .go)
    }

    @Test func `are passed over when they were given up`() throws {
        var register = CreateRegister()
        #expect(register.enter(key, now: at(0)) == .go)
        let second = try register.queue(key)
        let third = try register.queue(key)
        #expect(register.cancel(second, now: at(1)) == nil)
        #expect(register.cancel(second, now: at(1)) == nil)
        #expect(register.leave(key, claimed: nil, now: at(1)) == third)
        #expect(register.leave(key, claimed: nil, now: at(1)) == nil)
        #expect(register.size == (lanes: 0, waiting: 0, claims: 0))
    }

    @Test func `pass their turn on when it came as they were given up`() throws {
        var register = CreateRegister()
        #expect(register.enter(key, now: at(0)) == .go)
        let second = try register.queue(key)
        let third = try register.queue(key)
        #expect(register.leave(key, claimed: nil, now: at(1)) == second)
        #expect(register.cancel(second, now: at(1)) == third)
        #expect(register.cancel(third, now: at(1)) == nil)
        #expect(register.cancel(third, now: at(1)) == nil)
        #expect(register.size == (lanes: 0, waiting: 0, claims: 0))
    }

    @Test func `cost nothing that lasts, however many are given up`() throws {
        var register = CreateRegister()
        #expect(register.enter(key, now: at(0)) == .go)
        for _ in 0..<10_000 { #expect(register.cancel(try register.queue(key), now: at(0)) == nil) }
        let last = try register.queue(key)
        #expect(register.leave(key, claimed: nil, now: at(1)) == last)
        #expect(register.leave(key, claimed: nil, now: at(1)) == nil)
        #expect(register.size == (lanes: 0, waiting: 0, claims: 0))
    }

    @Test(arguments: 0..<50)
    func `never go two at a time, and never starve`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var register = CreateRegister()
        var underWay: [CreateKey: CreateRegister.WaiterID?] = [:]
        var waiting: [(CreateKey, CreateRegister.WaiterID)] = []
        func turn(_ next: CreateRegister.WaiterID?, _ key: CreateKey) {
            underWay[key] = nil
            guard let next else {
                #expect(!waiting.contains { $0.0 == key }, "starved")
                return
            }
            let index = waiting.firstIndex { $0.0 == key }
            #expect(index.map { waiting[$0].1 } == next, "out of order")
            if let index { waiting.remove(at: index) }
            underWay.updateValue(next, forKey: key)
        }
        for step in 0..<400 {
            let key = CreateKey(high: 0, low: random.next() % 3)
            switch random.next() % 4 {
            case 0, 1:
                switch register.enter(key, now: at(Int64(step))) {
                case .go:
                    #expect(underWay[key] == nil)
                    underWay.updateValue(nil, forKey: key)
                case .wait(let waiter):
                    #expect(underWay[key] != nil)
                    waiting.append((key, waiter))
                }
            case 2:
                guard underWay[key] != nil else { continue }
                turn(register.leave(key, claimed: "\(step)", now: at(Int64(step))), key)
            default:
                if let (key, held) = underWay.first(where: { $0.value != nil }), let held, random.once(in: 2) {
                    turn(register.cancel(held, now: at(Int64(step))), key)
                } else if !waiting.isEmpty {
                    let given = waiting.remove(at: Int(random.next() % UInt64(waiting.count)))
                    #expect(register.cancel(given.1, now: at(Int64(step))) == nil)
                }
            }
            #expect(register.size.lanes == underWay.count)
            #expect(register.size.waiting == waiting.count)
        }
    }
}

@Suite struct `An id that a client was given` {
    @Test func `is claimed under its key, for ten minutes`() {
        var register = CreateRegister()
        #expect(register.enter(key, now: at(0)) == .go)
        #expect(!register.isClaimed(id: "7", under: key))
        #expect(register.leave(key, claimed: "7", now: at(0)) == nil)
        #expect(register.isClaimed(id: "7", under: key))
        #expect(!register.isClaimed(id: "7", under: other))
        #expect(!register.isClaimed(id: "8", under: key))
        #expect(register.enter(other, now: at(599)) == .go)
        #expect(register.isClaimed(id: "7", under: key))
        #expect(register.leave(other, claimed: nil, now: at(600)) == nil)
        #expect(!register.isClaimed(id: "7", under: key))
    }

    @Test func `is the first to be forgotten where there are too many`() {
        var register = CreateRegister(capacity: 3000)
        for id in 0..<10_000 {
            #expect(register.enter(key, now: at(0)) == .go)
            #expect(register.leave(key, claimed: "\(id)", now: at(0)) == nil)
        }
        #expect(register.size.claims == 3000)
        #expect(!register.isClaimed(id: "6999", under: key))
        #expect((7000..<10_000).allSatisfy { register.isClaimed(id: "\($0)", under: key) })
        for _ in 0..<1500 {
            #expect(register.enter(other, now: at(601)) == .go)
            #expect(register.leave(other, claimed: nil, now: at(601)) == nil)
        }
        #expect(register.size.claims == 0)
    }

    /// Both were meant, milliseconds apart; the answer to the second was lost.
    @Test func `is not given to the second of two identical creates`() throws {
        var settings = ResendSettings(verify: RequestTemplate(text: "/notes", parts: [.literal("/notes")]))
        settings.same = ["title"]
        let rule = ResendRule(settings)
        guard case .verifiable(let expectation) = rule.expectation(content: Array(#"{"title":"a"}"#.utf8)) else {
            Issue.record("it can be verified")
            return
        }
        var register = CreateRegister()
        var clock = OriginClock(clockSkew: .seconds(5))
        #expect(register.enter(expectation.key, now: at(0)) == .go)
        let second = try register.queue(expectation.key)
        let first = #"{"id":1,"title":"a","created_at":"2026-03-01T10:00:00.004Z"}"#
        let known = rule.created(in: Array(first.utf8))
        let created = try #require(known)
        let sent = WallTime(nanoseconds: created.created.nanoseconds - 3_000_000)
        let received = WallTime(nanoseconds: created.created.nanoseconds + 2_000_000)
        clock.learn(created: created.created, sent: sent, received: received)
        #expect(register.leave(expectation.key, claimed: created.id, now: at(0)) == second)

        // The second is sent as soon as the first is answered, so their records differ by less than the clock's bounds.
        func finding(_ answer: String) -> ResendRule.Finding {
            rule.examine(answer: Array(answer.utf8), expectation: expectation, since: clock.earliest(received)) {
                register.isClaimed(id: $0, under: expectation.key)
            }
        }
        #expect(finding("[\(first)]") == .absent)
        let own = #"{"id":2,"title":"a","created_at":"2026-03-01T10:00:00.009Z"}"#
        guard case .found("2", _, _) = finding("[\(own),\(first)]") else {
            Issue.record("its own record is found")
            return
        }
        let before = #"{"id":3,"title":"a","created_at":"2026-03-01T09:59:59.004Z"}"#
        #expect(finding("[\(before)]") == .absent)
    }
}
