import StentModel
import StentPolicy
import Testing

/// A first-come-first-served server with so many threads, whose answers take 0 to 9 s each, and a proxy before it that
/// keeps the limit.
private struct Service {
    var limit: ConcurrencyLimit
    var random: SeededRandom
    var threads = 5
    /// Factor on every answer's time.
    var slowness = 1.0
    /// Attempts that always want to be in flight.
    var demand = Int.max
    /// Answers take the longer the higher the route: 1, 2, 3 ... times.
    var routes = 1

    private(set) var now = 0.0
    private(set) var answered = 0
    private var freeAt: [Double]
    /// Sent, and when their answers come.
    private var flights: [(end: Double, sent: Double, route: Int, inFlight: Int)] = []

    init(seed: UInt64, initial: Int = 8, threads: Int = 5, routes: Int = 1) {
        var settings = ConcurrencySettings()
        settings.initial = initial
        limit = ConcurrencyLimit(settings, routeCount: routes)
        random = SeededRandom(seed: seed)
        self.routes = routes
        self.threads = threads
        freeAt = Array(repeating: 0, count: threads)
    }

    /// - Returns: the limit after each answer.
    mutating func run(answers: Int) -> [Int] {
        (0..<answers).map { _ in
            while flights.count < min(limit.current, demand) { send() }
            let next = flights.indices.min { flights[$0].end < flights[$1].end } ?? 0
            let flight = flights.remove(at: next)
            now = flight.end
            answered += 1
            limit.answered(
                in: TimeSpan(nanoseconds: Int64((flight.end - flight.sent) * 1e9)), route: flight.route,
                inFlight: flight.inFlight)
            return limit.current
        }
    }

    private mutating func send() {
        let route = Int(random.next() % UInt64(routes))
        let time = Double.random(in: 0..<9, using: &random) * slowness * Double(route + 1)
        let thread = freeAt.indices.min { freeAt[$0] < freeAt[$1] } ?? 0
        freeAt[thread] = max(now, freeAt[thread]) + time
        let inFlight = flights.count + 1
        limit.began(inFlight: inFlight)
        flights.append((freeAt[thread], now, route, inFlight))
    }
}

extension [Int] {
    fileprivate var mean: Double { Double(reduce(0, +)) / Double(count) }
    fileprivate func share(in range: ClosedRange<Int>) -> Double {
        Double(count { range.contains($0) }) / Double(count)
    }
}

@Suite struct `The limit of attempts in flight` {
    private let seeds: Range<UInt64> = 0..<5

    @Test(arguments: [2, 8, 40])
    func `settles a little above the capacity of a saturated server, wherever it began`(initial: Int) {
        for seed in seeds {
            var service = Service(seed: seed, initial: initial)
            // A quiet hour first, in which the baseline is learned.
            service.demand = 2
            _ = service.run(answers: 60)
            service.demand = .max
            _ = service.run(answers: 600)
            let (start, before) = (service.now, service.answered)
            let limits = service.run(answers: 2_000)
            #expect(limits.share(in: 4...12) > 0.97, "seed \(seed)")
            // Five threads and 4.5 s each are 1.11 answers a second.
            #expect(Double(service.answered - before) / (service.now - start) > 0.9 * 5 / 4.5, "seed \(seed)")
        }
    }

    @Test func `settles for a server that was saturated from its first request`() {
        for seed in seeds {
            var service = Service(seed: seed)
            _ = service.run(answers: 1_000)
            let (start, before) = (service.now, service.answered)
            let limits = service.run(answers: 2_000)
            #expect(limits.mean < 14, "seed \(seed)")
            #expect(Double(service.answered - before) / (service.now - start) > 0.9 * 5 / 4.5, "seed \(seed)")
        }
    }

    @Test func `counts an answer against its own route`() {
        for seed in seeds {
            var service = Service(seed: seed, routes: 4)
            service.demand = 2
            _ = service.run(answers: 200)
            service.demand = .max
            _ = service.run(answers: 600)
            #expect(service.run(answers: 2_000).share(in: 4...14) > 0.9, "seed \(seed)")
        }
    }

    @Test func `is left alone by slow answers that nobody waits for`() {
        for seed in seeds {
            var service = Service(seed: seed)
            service.demand = 3
            #expect(service.run(answers: 3_000).allSatisfy { $0 == 8 })
        }
    }

    @Test func `comes back after a slow period`() {
        for seed in seeds {
            var service = Service(seed: seed)
            service.demand = 2
            _ = service.run(answers: 60)
            service.demand = .max
            _ = service.run(answers: 600)
            service.slowness = 5
            _ = service.run(answers: 600)
            service.slowness = 1
            _ = service.run(answers: 300)
            let (start, before) = (service.now, service.answered)
            let limits = service.run(answers: 2_000)
            // Still saturated, it can't tell all of the slow period's queueing from the answers' own time.
            #expect(limits.share(in: 4...16) > 0.9, "seed \(seed)")
            #expect(Double(service.answered - before) / (service.now - start) > 0.9 * 5 / 4.5, "seed \(seed)")
            service.demand = 2
            _ = service.run(answers: 100)
            service.demand = .max
            _ = service.run(answers: 600)
            #expect(service.run(answers: 1_000).share(in: 4...12) > 0.95, "seed \(seed)")
        }
    }

    @Test func `falls by three tenths at a time-out, once a window, to no less than its minimum`() {
        var limit = ConcurrencyLimit(ConcurrencySettings(), routeCount: 1)
        limit.timedOut()
        limit.timedOut()
        #expect(limit.current == 5)
        for _ in 0..<19 { limit.timedOut() }
        #expect(limit.current == 3)
        for _ in 0..<100 { limit.timedOut() }
        #expect(limit.current == 2)
    }

    @Test func `does not move until a baseline is known`() {
        var limit = ConcurrencyLimit(ConcurrencySettings(), routeCount: 1)
        for _ in 0..<100 {
            limit.began(inFlight: 8)
            limit.answered(in: .seconds(9), route: 0, inFlight: 8)
        }
        #expect(limit.current == 8)
    }

    @Test func `bears any settings, route and time`() {
        var settings = ConcurrencySettings()
        (settings.initial, settings.minimum, settings.maximum) = (-5, -1, -3)
        var limit = ConcurrencyLimit(settings, routeCount: -1)
        #expect(limit.current == 1)
        for _ in 0..<50 {
            limit.began(inFlight: 1)
            limit.answered(in: TimeSpan(nanoseconds: .min), route: .max, inFlight: 1)
            limit.answered(in: TimeSpan(nanoseconds: .max), route: -7, inFlight: 1)
        }
        #expect(limit.current == 1)
    }
}
