import Foundation
import StentTestKit
import Testing

/// Upstream and client die in every phase, by the dice of a seed: no connection leaks, no audit line is lost, no broken answer
/// looks whole, and stent serves on.
///
/// `STENT_FAULT_SEED=n` repeats a run.
@Suite(.serialized) struct KillTests {
    static let roundsPerClient = 60
    static let clients = 8

    private static var seeds: [UInt64] {
        ProcessInfo.processInfo.environment["STENT_FAULT_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [1, 2]
    }

    @Test(arguments: seeds, [1, 3])
    func `whoever dies and whenever, nothing leaks, nothing goes unrecorded, nothing broken looks whole`(
        seed: UInt64, attempts: Int
    ) async throws {
        let seen = SeenRequests()
        let upstream = try await DyingUpstream.start(seed: seed, seen: seen)
        var settings = try StentHarness.settings(shipped: "minimal.yaml", upstreamPort: upstream.port, workers: 2)
        settings.retry.attempts = attempts
        settings.retry.backoffBase = .milliseconds(1)
        settings.retry.backoffMaximum = .milliseconds(2)
        settings.upstream.firstByteTimeout = .seconds(5)
        settings.upstream.idleTimeout = .seconds(5)
        settings.timeouts.bodyIdle = .seconds(5)
        settings.timeouts.drain = .seconds(10)
        let stent = try await StentHarness.start(settings)

        let outcomes = try await withThrowingTaskGroup(of: [Round].self) { group in
            for client in 0..<Self.clients {
                group.addTask {
                    var dice = Dice(seed: seed &* 1_000 &+ UInt64(client))
                    var rounds: [Round] = []
                    var connection: RawConnection?
                    for number in 0..<Self.roundsPerClient {
                        var round = Round(id: "r-\(seed)-\(client)-\(number)", dice: &dice)
                        connection = try await round.play(port: stent.httpPort, on: connection)
                        rounds.append(round)
                    }
                    await connection?.close()
                    return rounds
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }

        for round in outcomes {
            if let problem = round.problem { Issue.record("seed \(seed): \(round.id): \(problem)") }
        }
        // It serves on, with nothing of all that left behind.
        let probe = try await RawConnection.open(port: stent.httpPort)
        let good = try await probe.exchange(
            "GET /whole HTTP/1.1\r\nHost: a\r\nX-Request-Id: probe-\(seed)\r\n\r\n", within: .seconds(10))
        #expect(good.status == 200 || attempts == 1, "seed \(seed): \(good)")
        await probe.close()
        #expect(
            await eventually { OpenSockets.count(ports: [stent.httpPort]) == 0 },
            "seed \(seed): client connections leak")
        #expect(
            await eventually { try await stent.gauge(#"stent_upstream_connections{state="busy"}"#) == 0 },
            "seed \(seed): upstream connections leak")
        #expect(try await stent.gauge("stent_exchanges_active") == 0, "seed \(seed)")

        let lines = try await stent.stop()
        #expect(
            await eventually { OpenSockets.count(ports: [stent.httpPort, upstream.port]) == 0 },
            "seed \(seed): connections are left after the end")
        await upstream.stop()
        try check(lines, outcomes, seen, seed: seed)
    }

    /// Each request that stent or the upstream is known to have begun has one line; no request has two.
    private func check(_ lines: [String], _ rounds: [Round], _ seen: SeenRequests, seed: UInt64) throws {
        var counts: [String: Int] = [:]
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            if let id = object["id"] as? String { counts[id, default: 0] += 1 }
        }
        for round in rounds {
            let count = counts[round.id] ?? 0
            let isRight = round.wasBegun || seen.contains(round.id) ? count == 1 : count <= 1
            if !isRight { Issue.record("seed \(seed): \(round.id) (\(round.plan)) has \(count) audit lines") }
        }
        #expect(rounds.count { seen.contains($0.id) } > rounds.count / 2)
    }
}

/// A generator with a seed (SplitMix64, Steele and others, 2014), so that a run can be repeated.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension StentHarness {
    /// A sample of the metrics page.
    func gauge(_ sample: String) async throws -> Double? {
        let connection = try await RawConnection.open(port: adminPort)
        defer { connection.channel.close(promise: nil) }
        let page = try await connection.exchange("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").text
        return page.split(separator: "\n").first { $0.hasPrefix("\(sample) ") }
            .flatMap { Double($0.dropFirst(sample.count + 1)) }
    }
}
