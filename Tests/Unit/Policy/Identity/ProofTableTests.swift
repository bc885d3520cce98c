import StentModel
import StentPolicy
import Testing

private let key = CredentialKey(high: 1, low: 2)
private let other = CredentialKey(high: 1, low: 3)
private let ada = Principal(id: "7", name: "Ada")
private let bob = Principal(id: "8", name: "Bob")

private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

private func settings(_ change: (inout ProofSettings) -> Void = { _ in }) -> ProofSettings {
    var settings = ProofSettings(request: "/staffs/me")
    change(&settings)
    return settings
}

extension ProofTable {
    fileprivate mutating func identify(
        _ key: CredentialKey, _ seconds: Int64, _ purpose: Purpose = .write, isUpstreamDown: Bool = false
    ) -> Identification {
        identify(key, now: at(seconds), purpose: purpose, isUpstreamDown: isUpstreamDown)
    }

    /// The waiter of a request that is to ask.
    fileprivate mutating func ask(
        _ key: CredentialKey, _ seconds: Int64, _ purpose: Purpose = .write
    ) throws -> WaiterID {
        guard case .ask(let waiter) = identify(key, seconds, purpose) else {
            Issue.record("nobody asks")
            throw CancellationError()
        }
        return waiter
    }

    /// The waiter of a request that is not to ask.
    fileprivate mutating func wait(
        _ key: CredentialKey, _ seconds: Int64, _ purpose: Purpose = .write
    ) throws -> WaiterID {
        guard case .wait(let waiter) = identify(key, seconds, purpose) else {
            Issue.record("somebody asks")
            throw CancellationError()
        }
        return waiter
    }

    /// Asks and answers.
    fileprivate mutating func learn(_ key: CredentialKey, _ answer: Answer, _ seconds: Int64) throws {
        let asker = try ask(key, seconds)
        guard case .wake(let woken) = answered(key, answer, now: at(seconds)) else {
            Issue.record("the answer counts")
            return
        }
        #expect(woken.map(\.waiter) == [asker])
    }

    fileprivate enum State { case known, refused, asked }

    fileprivate mutating func state(_ key: CredentialKey, _ seconds: Int64, _ purpose: Purpose = .write) -> State {
        switch identify(key, seconds, purpose) {
        case .ask, .wait: .asked
        case .known: .known
        case .refused: .refused
        }
    }
}

@Suite struct `Who a credential belongs to` {
    @Test func `is asked by one for all who want to know`() throws {
        var table = ProofTable(settings())
        let first = try table.ask(key, 0)
        let second = try table.wait(key, 1)
        let third = try table.wait(key, 2)
        let elsewhere = try table.ask(other, 2)
        table.cancel(second)
        let expected = [first, third].map { ProofTable.Wake($0, .known(ada)) }
        #expect(table.answered(key, .principal(ada), now: at(3)) == .wake(expected))
        #expect(table.identify(key, 3) == .known(ada))
        #expect(table.answered(other, .principal(bob), now: at(3)) == .wake([.init(elsewhere, .known(bob))]))
        #expect(table.identify(other, 3) == .known(bob))
        #expect(table.size == (entries: 2, waiting: 0))
    }

    @Test func `is asked to the end though nobody waits any more`() throws {
        var table = ProofTable(settings())
        table.cancel(try table.ask(key, 0))
        let next = try table.wait(key, 1)
        table.cancel(next)
        table.cancel(next)
        #expect(table.answered(key, .principal(ada), now: at(2)) == .wake([]))
        #expect(table.identify(key, 2) == .known(ada))
    }

    @Test func `is asked anew when the proof is too old`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        #expect(table.identify(key, 299) == .known(ada))
        let asker = try table.ask(key, 300)
        #expect(table.answered(key, .principal(bob), now: at(301)) == .wake([.init(asker, .known(bob))]))
    }

    @Test func `is refused for a while after the upstream did`() throws {
        var table = ProofTable(settings())
        let asker = try table.ask(key, 0)
        let waiter = try table.wait(key, 0)
        let expected = [asker, waiter].map { ProofTable.Wake($0, .refused) }
        #expect(table.answered(key, .refused, now: at(1)) == .wake(expected))
        #expect(table.identify(key, 10, .read, isUpstreamDown: true) == .refused)
        #expect(table.state(key, 11) == .asked)
    }

    @Test func `can't be told to anybody who waits when the question fails`() throws {
        var table = ProofTable(settings())
        let asker = try table.ask(key, 0, .read)
        let waiter = try table.wait(key, 0)
        let expected = [asker, waiter].map { ProofTable.Wake($0, .unavailable) }
        #expect(table.answered(key, .failed, now: at(1)) == .wake(expected))
        #expect(table.state(key, 1) == .asked)
    }

    @Test func `is good for reading only while the upstream is down, and not for ever`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        #expect(table.identify(key, 3899, .read, isUpstreamDown: true) == .known(ada))
        let writer = try table.ask(key, 3899)
        #expect(table.identify(key, 3899, .read, isUpstreamDown: true) == .known(ada))
        let reader = try table.wait(key, 3899, .read)
        let expected: [ProofTable.Wake] = [.init(writer, .unavailable), .init(reader, .known(ada))]
        #expect(table.answered(key, .failed, now: at(3899)) == .wake(expected))
        guard case .ask = table.identify(key, 3900, .read, isUpstreamDown: true) else {
            Issue.record("it is too old by now")
            return
        }
    }

    @Test func `is not asked while a proof is fresh, though the upstream is down`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        #expect(table.identify(key, 1, .write, isUpstreamDown: true) == .known(ada))
    }
}

@Suite struct `What the upstream answers to ordinary requests` {
    @Test(arguments: [200, 201, 204, 301, 304, 404, 409, 422])
    func `renews a proof`(status: Int) throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        table.observed(key, status: status, began: at(200), now: at(250))
        #expect(table.identify(key, 549) == .known(ada))
        #expect(table.standing(of: key, now: at(549)) == .proven)
        #expect(table.standing(of: key, now: at(550)) != .proven)
        #expect(table.state(key, 550) == .asked)
    }

    @Test(arguments: [100, 400, 403, 405, 408, 415, 429, 500, 502, 503, 504])
    func `says nothing with any other status`(status: Int) throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        table.observed(key, status: status, began: at(200), now: at(250))
        table.observed(other, status: status, began: at(200), now: at(250))
        #expect(table.standing(of: key, now: at(300)) != .proven)
        #expect(table.standing(of: other, now: at(251)) != .proven)
        #expect(table.state(key, 300) == .asked)
    }

    @Test func `proves a credential without saying whose it is`() throws {
        var table = ProofTable(settings())
        table.observed(key, status: 200, began: at(0), now: at(1))
        #expect(table.standing(of: key, now: at(300)) == .proven)
        let asker = try table.ask(key, 2, .read)
        #expect(table.answered(key, .failed, now: at(3)) == .wake([.init(asker, .unavailable)]))
        #expect(table.standing(of: key, now: at(3)) == .proven)
    }

    @Test func `ends a proof with 401`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        table.observed(key, status: 401, began: at(1), now: at(2))
        #expect(table.standing(of: key, now: at(2)) != .proven)
        #expect(table.identify(key, 11, .read, isUpstreamDown: true) == .refused)
        #expect(table.state(key, 12, .read) == .asked)
    }

    @Test func `does not make good again what was refused since the request was sent`() throws {
        var table = ProofTable(settings())
        table.observed(key, status: 401, began: at(1), now: at(5))
        table.observed(key, status: 200, began: at(5), now: at(6))
        #expect(table.identify(key, 6) == .refused)
        table.observed(key, status: 200, began: at(6), now: at(7))
        #expect(table.standing(of: key, now: at(7)) == .proven)
        #expect(table.state(key, 7) == .asked)
    }

    @Test func `contradicts a question that is on its way`() throws {
        var table = ProofTable(settings())
        let asker = try table.ask(key, 0)
        table.observed(key, status: 401, began: at(0), now: at(1))
        #expect(table.answered(key, .principal(ada), now: at(2)) == .wake([.init(asker, .refused)]))
        #expect(table.identify(key, 3) == .refused)
        #expect(table.standing(of: key, now: at(3)) != .proven)
    }

    @Test func `does not renew what nobody would believe any more`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        table.observed(key, status: 200, began: at(3900), now: at(3900))
        #expect(table.standing(of: key, now: at(3901)) == .proven)
        #expect(table.state(key, 3901, .read) == .asked)
    }
}

@Suite struct `When credentials may mean something else` {
    @Test func `every proof and every refusal is gone`() throws {
        var table = ProofTable(settings())
        try table.learn(key, .principal(ada), 0)
        try table.learn(other, .refused, 0)
        table.forgetAll(now: at(1))
        #expect(table.standing(of: key, now: at(1)) != .proven)
        guard case .ask = table.identify(key, 1, .read, isUpstreamDown: true) else {
            Issue.record("it is gone for reading, too")
            return
        }
        #expect(table.state(other, 1) == .asked)
    }

    @Test(arguments: [ProofTable.Answer.principal(ada), .refused])
    func `a question of before is asked again`(answer: ProofTable.Answer) throws {
        var table = ProofTable(settings())
        let asker = try table.ask(key, 0)
        table.forgetAll(now: at(1))
        let waiter = try table.wait(key, 2)
        #expect(table.answered(key, answer, now: at(2)) == .askAgain)
        #expect(table.state(key, 2) == .asked)
        guard case .wake(let woken) = table.answered(key, .principal(bob), now: at(3)) else {
            Issue.record("this one counts")
            return
        }
        #expect(woken.prefix(2) == [.init(asker, .known(bob)), .init(waiter, .known(bob))])
        #expect(table.identify(key, 3) == .known(bob))
    }

    @Test func `a question of before says nothing where nobody waits any more`() throws {
        var table = ProofTable(settings())
        table.cancel(try table.ask(key, 0))
        table.forgetAll(now: at(1))
        #expect(table.answered(key, .principal(ada), now: at(2)) == .wake([]))
        #expect(table.state(key, 2) == .asked)
    }

    @Test func `a failure of before is one`() throws {
        var table = ProofTable(settings())
        let asker = try table.ask(key, 0)
        table.forgetAll(now: at(1))
        #expect(table.answered(key, .failed, now: at(2)) == .wake([.init(asker, .unavailable)]))
    }

    @Test func `ordinary answers to requests of before say nothing`() throws {
        var table = ProofTable(settings())
        table.forgetAll(now: at(5))
        table.observed(key, status: 200, began: at(5), now: at(6))
        table.observed(other, status: 401, began: at(4), now: at(6))
        #expect(table.standing(of: key, now: at(6)) != .proven)
        #expect(table.state(other, 6) == .asked)
        table.observed(key, status: 200, began: at(6), now: at(7))
        #expect(table.standing(of: key, now: at(7)) == .proven)
    }
}

@Suite struct `A table of proofs` {
    private func key(_ number: Int) -> CredentialKey { CredentialKey(high: 9, low: UInt64(number)) }

    @Test func `forgets first what was used longest ago`() throws {
        var table = ProofTable(settings { $0.maximum = 100 })
        for number in 0..<100 { try table.learn(key(number), .principal(ada), 0) }
        #expect(table.identify(key(0), 1) == .known(ada))
        for number in 100..<150 { try table.learn(key(number), .principal(bob), 1) }
        #expect(table.size == (entries: 100, waiting: 0))
        #expect(table.identify(key(0), 1) == .known(ada))
        for number in 1...50 { #expect(table.standing(of: key(number), now: at(1)) != .proven) }
        for number in 51..<150 { #expect(table.standing(of: key(number), now: at(1)) == .proven) }
    }

    @Test func `keeps those that are being asked, and goes back to its bound`() throws {
        var table = ProofTable(settings { $0.maximum = 10 })
        let askers = try (0..<30).map { try table.ask(key($0), 0) }
        #expect(table.size == (entries: 30, waiting: 30))
        for number in 0..<30 {
            let expected = ProofTable.Next.wake([.init(askers[number], .known(ada))])
            #expect(table.answered(key(number), .principal(ada), now: at(1)) == expected)
        }
        #expect(table.size == (entries: 10, waiting: 0))
        #expect(table.identify(key(29), 1) == .known(ada))
    }

    @Test func `tells all who wait though there is no room for what it learns`() throws {
        var table = ProofTable(settings { $0.maximum = 1 })
        try table.learn(key(1), .principal(ada), 0)
        let reader = try table.ask(key(1), 400, .read)
        _ = try table.ask(key(2), 400)
        #expect(table.answered(key(1), .failed, now: at(400)) == .wake([.init(reader, .known(ada))]))
        #expect(table.size == (entries: 1, waiting: 1))
    }

    @Test func `forgets what serves nobody any more`() throws {
        var table = ProofTable(settings())
        for number in 0..<100 { try table.learn(key(number), number < 50 ? .refused : .principal(ada), 0) }
        for number in 0..<60 { try table.learn(key(1000 + number), .principal(bob), 4000) }
        #expect(table.size == (entries: 60, waiting: 0))
    }

    @Test func `takes new settings for what it knows`() throws {
        var table = ProofTable(settings())
        for number in 0..<20 { try table.learn(key(number), .principal(ada), 0) }
        table.reconfigure(
            settings {
                $0.lifetime = .seconds(5)
                $0.negative = .seconds(100)
                $0.staleWhileDown = .seconds(2)
                $0.maximum = 3
            })
        #expect(table.size == (entries: 3, waiting: 0))
        #expect(table.identify(key(19), 4) == .known(ada))
        #expect(table.identify(key(19), 6, .read, isUpstreamDown: true) == .known(ada))
        #expect(table.state(key(19), 7) == .asked)
        try table.learn(key(18), .refused, 7)
        #expect(table.identify(key(18), 106) == .refused)
    }

    @Test func `has no room for those who went`() throws {
        var table = ProofTable(settings())
        let first = try table.ask(key(1), 0)
        for _ in 0..<10_000 { table.cancel(try table.wait(key(1), 0)) }
        #expect(table.size == (entries: 1, waiting: 1))
        #expect(table.answered(key(1), .refused, now: at(1)) == .wake([.init(first, .refused)]))
    }

    /// Against a table that keeps everything for ever and knows no bound.
    @Test(arguments: 0..<40)
    func `asks one at a time, wakes everybody once and never says what the upstream didn't`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var table = ProofTable(settings { $0.maximum = 3 })
        var waiting: [Int: [ProofTable.WaiterID]] = [:]
        var asking: [Int: Int64] = [:]
        var refusals: [Int: Int64] = [:]
        for step in Int64(0)..<500 {
            let number = Int(random.next() % 6)
            let owner = Principal(id: "\(number)", name: "")
            switch random.next() % 8 {
            case 0...3:
                switch table.identify(key(number), step, random.once(in: 2) ? .read : .write) {
                case .known(let principal):
                    #expect(principal == owner)
                    #expect(refusals[number].map { step - $0 < 10 } != true)
                case .refused: #expect(refusals[number].map { step - $0 < 10 } == true)
                case .ask(let waiter):
                    #expect(asking.updateValue(step, forKey: number) == nil, "two ask")
                    waiting[number, default: []].append(waiter)
                case .wait(let waiter):
                    #expect(asking[number] != nil, "nobody asks")
                    waiting[number, default: []].append(waiter)
                }
            case 4:
                guard let began = asking[number] else { continue }
                let answer: ProofTable.Answer =
                    random.once(in: 3) ? .failed : random.once(in: 4) ? .refused : .principal(owner)
                switch table.answered(key(number), answer, now: at(step)) {
                case .askAgain:
                    #expect(waiting[number]?.isEmpty == false)
                    asking[number] = step
                case .wake(let woken):
                    #expect(woken.map(\.waiter) == waiting[number] ?? [])
                    waiting[number] = nil
                    asking[number] = nil
                    switch answer {
                    case .refused: refusals[number] = step
                    case .principal: if let at = refusals[number], at < began { refusals[number] = nil }
                    case .failed: break
                    }
                }
            case 5:
                guard let waiter = waiting[number]?.randomElement(using: &random) else { continue }
                waiting[number]?.removeAll { $0 == waiter }
                table.cancel(waiter)
            case 6:
                let isRefused = random.once(in: 4)
                table.observed(key(number), status: isRefused ? 401 : 200, began: at(step), now: at(step))
                if isRefused { refusals[number] = step } else { refusals[number] = nil }
            default:
                guard random.once(in: 10) else { continue }
                table.forgetAll(now: at(step))
                refusals = [:]
            }
            #expect(table.size.waiting == waiting.values.reduce(0) { $0 + $1.count })
            #expect(table.size.entries <= max(3, asking.count) + 1)
        }
    }
}
