import StentExchange
import StentModel
import StentStore
import Testing

/// How keys and answers leave the database.
@Suite struct IdempotencyRoomTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    private func keep(_ numbers: Range<Int>, _ answer: KeptAnswer = .created, in store: SQLiteIdempotencyStore) async {
        for number in numbers {
            let now = WallTime.noon.later(seconds: Int64(number))
            _ = await store.begin(.numbered(number), at: now)
            _ = await store.complete(.numbered(number), answer, at: now)
        }
    }

    @Test func `expired keys are removed and younger ones stay`() async throws {
        let store = try directory.store()
        await keep(0..<50, in: store)
        await store.sweep(at: .noon.later(seconds: 86_400 + 39))
        #expect(store.metrics.keys == 10)
        #expect(await store.begin(.numbered(40)) == .kept(.created))
        store.close()
    }

    @Test func `beyond the limit of keys the oldest that ended are forgotten, and it is said`() async throws {
        var limits = IdempotencyLimits()
        limits.keys = 20
        let log = KeyLog()
        let store = try directory.store(limits, log: log)
        _ = await store.begin(.numbered(1_000), at: .noon)
        await keep(0..<25, in: store)
        await store.sweep(at: .noon)
        #expect(store.metrics.keys <= 20)
        #expect(await log.next { if case .keysForgotten = $0 { true } else { false } } != nil)
        #expect(await store.begin(.numbered(24)) == .kept(.created))
        #expect(await store.begin(.numbered(1_000)) == .inFlight)
        #expect(await store.begin(.numbered(0)) == .first)
        store.close()
    }

    @Test func `beyond the limit of bytes the oldest answers go, but their keys stay used`() async throws {
        var limits = IdempotencyLimits()
        limits.bytes = 100_000
        let log = KeyLog()
        let store = try directory.store(limits, log: log)
        let large = KeptAnswer(status: 200, fields: [], content: [UInt8](repeating: 7, count: 10_000))
        await keep(0..<20, large, in: store)
        await store.sweep(at: .noon)
        #expect(store.metrics.bytes <= 100_000)
        #expect(store.metrics.keys == 20)
        #expect(await log.next { if case .answersDropped = $0 { true } else { false } } != nil)
        #expect(await store.begin(.numbered(0)) == .unknown(firstTry: .noon))
        #expect(await store.begin(.numbered(19)) == .kept(large))
        store.close()
    }
}
