import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// Idempotency keys in a real database. A second store on the same directory is what a restart makes.
@Suite struct IdempotencyStoreTests {
    private let directory: StateDirectory
    private let scope = IdempotencyScope.numbered(7)

    init() throws { directory = try StateDirectory() }

    @Test func `a key is first once, then in flight, then answered from what was kept`() async throws {
        let store = try directory.store()
        #expect(await store.begin(scope) == .first)
        #expect(await store.begin(scope) == .inFlight)
        #expect(await store.complete(scope, .created))
        #expect(await store.begin(scope) == .kept(.created))
        store.close()
    }

    @Test func `a key for something else is reused, whatever became of it`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope, [1])
        #expect(await store.begin(scope, [2]) == .reused)
        _ = await store.complete(scope, .created)
        #expect(await store.begin(scope, [2]) == .reused)
        store.close()
        let next = try directory.store()
        #expect(await next.begin(scope, [2]) == .reused)
        next.close()
    }

    @Test func `an answer outlives a restart, and so does not knowing`() async throws {
        let other = IdempotencyScope.numbered(8)
        let store = try directory.store()
        _ = await store.begin(scope)
        _ = await store.complete(scope, KeptAnswer(status: 404, fields: [], content: []))
        _ = await store.begin(other, at: .noon)
        store.close()
        let next = try directory.store()
        #expect(await next.begin(scope) == .kept(KeptAnswer(status: 404, fields: [], content: [])))
        #expect(await next.begin(other, at: .noon.later(seconds: 60)) == .unknown(firstTry: .noon))
        next.close()
    }

    @Test func `what was acknowledged is there after the process was killed at any moment`() async throws {
        let store = try directory.store()
        let (acknowledged, continuation) = AsyncStream<Int>.makeStream()
        let callers = Task {
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<20 {
                    group.addTask {
                        for number in caller * 10..<caller * 10 + 10 {
                            _ = await store.begin(.numbered(number))
                            if await store.complete(.numbered(number), .created) { continuation.yield(number) }
                        }
                        _ = await store.begin(.numbered(1_000 + caller))
                    }
                }
            }
            continuation.finish()
        }
        var before: [Int] = []
        for await number in acknowledged {
            before.append(number)
            if before.count == 100 { break }
        }
        // Most of it is in the write-ahead log alone, and that is being written to: what a killed process leaves.
        let left = try directory.copyAsItIs()
        await callers.value
        let lastly = try directory.copyAsItIs()
        store.close()

        let next = try left.store()
        for number in before { #expect(await next.begin(.numbered(number)) == .kept(.created)) }
        next.close()
        let other = try lastly.store()
        for number in 0..<200 { #expect(await other.begin(.numbered(number)) == .kept(.created)) }
        for number in 1_000..<1_020 { #expect(await other.begin(.numbered(number)) == .unknown(firstTry: .noon)) }
        other.close()
    }

    @Test func `abandoned with nothing done, a key may be used again, even for something else`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope, [1])
        store.abandon(scope, .notDone, now: .noon)
        #expect(await store.begin(scope, [2]) == .first)
        store.close()
    }

    @Test func `abandoned with an unknown outcome, a key stays used`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope)
        store.abandon(scope, .unknown, now: .noon.later(seconds: 5))
        #expect(await store.begin(scope) == .unknown(firstTry: .noon))
        store.close()
        let next = try directory.store()
        #expect(await next.begin(scope) == .unknown(firstTry: .noon))
        next.close()
    }

    @Test func `who does not hold a key can neither end nor forget it`() async throws {
        let store = try directory.store()
        #expect(await store.complete(scope, .created) == false)
        _ = await store.begin(scope)
        _ = await store.complete(scope, .created)
        store.abandon(scope, .notDone, now: .noon)
        #expect(await store.complete(scope, KeptAnswer(status: 500, fields: [], content: [])) == false)
        #expect(await store.begin(scope) == .kept(.created))
        store.close()
    }

    @Test func `of a thousand requests at once with one key exactly one is first`() async throws {
        let store = try directory.store()
        let scope = scope
        let answers = await withTaskGroup(of: IdempotencyBegin.self) { group in
            for _ in 0..<1_000 { group.addTask { await store.begin(scope) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .first } == 1)
        #expect(answers.count { $0 == .inFlight } == 999)
        store.close()
    }

    @Test func `a key lives from its answer on for the lifetime, to the nanosecond`() async throws {
        let store = try directory.store()
        let answered = WallTime.noon.later(seconds: 10)
        _ = await store.begin(scope, at: .noon)
        _ = await store.complete(scope, .created, at: answered)
        let end = answered.later(seconds: 86_400)
        #expect(await store.begin(scope, at: WallTime(nanoseconds: end.nanoseconds - 1)) == .kept(.created))
        #expect(await store.begin(scope, [9], at: end) == .first)
        store.close()
    }

    @Test func `a request that outlasts its key's lifetime is still in flight`() async throws {
        let store = try directory.store()
        let end = WallTime.noon.later(seconds: 90_000)
        _ = await store.begin(scope, at: .noon)
        await store.sweep(at: end)
        #expect(await store.begin(scope, at: end) == .inFlight)
        #expect(await store.complete(scope, .created, at: end))
        #expect(await store.begin(scope, at: end) == .kept(.created))
        store.close()
    }

    @Test func `after shutdown nothing is taken, and every caller hears it`() async throws {
        let store = try directory.store()
        _ = await store.begin(scope)
        store.close()
        #expect(await store.begin(scope) == .unavailable)
        #expect(await store.complete(scope, .created) == false)
    }
}
