import Glibc
import NIOCore
import StentModel
import StentProxy
import Testing

/// 40 callers for an hour of simulated time, over several seeds. STENT_CHURN_SEEDS=1-200 runs others than the usual few.
@Suite struct `The cache under churn` {
    private static let settings = """
        identity:
          scheme: basic
          realm: churn
          proof: { request: GET /staffs/me, id: /id, name: /name, lifetime: 5m, negative: 10s, stale_while_down: 1h }
        contract: { openapi: churn.yaml, requests: enforce, responses: off }
        retry:
          attempts: 4
          on: [connect, reset, malformed, truncated, timeout, 500, 502, 503, 504]
          methods: [GET, HEAD, OPTIONS]
          hold_response: 1MiB
        breaker: { failures: 6, probe_every: 1s, probe_maximum: 4s, while_open: wait }
        cache: { memory: 1MiB, collapse_wait: 10s }
        routes:
          - { match: "GET /mine/**", cache: { scope: caller, ttl: 1m, stale_if_error: 1h, override: true } }
          - match: "GET /things/{id}"
            cache: { scope: proven, ttl: 1m, stale_while_revalidate: 5m, stale_if_error: 1h, negative: 30s, override: true }
          - match: "GET /things"
            cache: { scope: proven, ttl: 1m, stale_while_revalidate: 5m, stale_if_error: 1h, override: true }
          - { match: "GET /open/**", cache: { scope: everyone } }
          - { match: "{PUT,DELETE} /**", repeatable: true }

        """

    private static let upstream = """
        version: 1
        listen: { http: { address: "127.0.0.1:8080" } }
        upstream:
          servers: ["http://127.0.0.1:3000"]
          first_byte_timeout: 12s
          attempt_timeout: 15s
          deadline: 40s

        """

    private static let contract = """
        openapi: 3.1.1
        info: { title: Churn, version: "1" }
        components: { securitySchemes: { basic: { type: http, scheme: basic } } }
        security: [{ basic: [] }]
        paths:
          /staffs/me: { get: {} }
          /things:
            get: { parameters: [{ name: kind, in: query, schema: { type: integer } }] }
          "/things/{id}":
            parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
            get: {}
            put: {}
            delete: {}
          "/mine/{id}":
            parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
            get: {}
            put: {}
            delete: {}
          "/open/{id}":
            parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
            get: { security: [] }
            put: { security: [] }
            delete: { security: [] }

        """

    static var seeds: [UInt64] {
        let text = getenv("STENT_CHURN_SEEDS").map { String(cString: $0) } ?? "1-3"
        let bounds = text.split(separator: "-").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, first <= last else { return [] }
        return Array(first...last)
    }

    @Test func `has seeds to run`() { #expect(!Self.seeds.isEmpty, "STENT_CHURN_SEEDS is FIRST-LAST") }

    @Test(arguments: seeds)
    func `shows no caller what is another's, and nobody misses a write that was acknowledged`(seed: UInt64) throws {
        let settings = try Loading.load(
            Self.upstream + Self.settings, files: ["churn.yaml": Self.contract]
        ).get().settings
        let world = ChurnWorld(settings: settings, callers: 40, seed: seed)
        let ledger = ChurnLedger()
        let callers = (0..<42).map {
            ChurnCaller($0, knowsPassword: $0 < 40, in: world, ledger, seed: seed)
        }
        run(world, ledger, minutes: 60, seed: seed)
        withExtendedLifetime(callers) {
            #expect(ledger.faults.isEmpty, "\(ledger.faults.prefix(5).joined(separator: "\n"))")
        }
        // That nothing went wrong means nothing unless much happened.
        #expect(ledger.reads > 3_000 && ledger.acknowledgedWrites > 400, "\(ledger.answers)")
        for use in ["hit", "stale", "collapsed", "forwarded"] {
            #expect(ledger.uses[use, default: 0] > 20, "\(use): \(ledger.uses)")
        }
        #expect(world.origin.reads * 2 < ledger.reads * 3, "\(world.origin.reads) of \(ledger.reads)")
    }

    /// The weather changes, passwords do, records change behind stent's back and are purged.
    private func run(_ world: ChurnWorld, _ ledger: ChurnLedger, minutes: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 77)
        let steps = minutes * 6_000
        for step in 0..<steps {
            world.advance()
            if step % 12_000 == 0 {
                world.origin.weather = ChurnOrigin.Weather.allCases[Int(random.next() % 4)]
            }
            if step % 50_000 == 49_999 {
                world.origin.lockedOut.insert(Int(random.next() % 40))
            }
            if step % 30_000 == 29_999, let store = world.gate.cache {
                let record = "/things/\(random.next() % UInt64(ChurnOrigin.things))"
                let version = world.origin.change(record)
                _ = store.purge(.prefix(Array("/things".utf8)), .hard, under: world.snapshot)
                ledger.acknowledged[record] = max(version, ledger.acknowledged[record, default: 1])
            }
        }
    }
}
