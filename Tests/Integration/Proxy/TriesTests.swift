import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// What stent did for a request can be read from its answer and from the trail.
@Suite struct TriesTests {
    private struct Line: Decodable {
        struct Try: Decodable {
            var durationMs: Double
            var status: Int?
            var cause: String?
            var pauseMs: Double?
            var verifies: Bool?
            var probe: Bool?
        }

        var event: String
        var reason: String?
        var retry: String?
        var queueMs: Double?
        var tries: [Try]?
    }

    private static func lines(_ stent: StentHarness) throws -> [Line] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try stent.auditLines().map { try decoder.decode(Line.self, from: Data($0.utf8)) }.filter {
            $0.event == "exchange"
        }
    }

    /// The trail's line of the only exchange, once it is written.
    private static func line(_ stent: StentHarness) async throws -> Line {
        #expect(await eventually { try lines(stent).count == 1 })
        return try #require(try lines(stent).first)
    }

    /// The names in Server-Timing, with their descriptions.
    private static func timing(_ answer: RawMessage) -> [String] {
        (answer["Server-Timing"] ?? "").split(separator: ", ").map { metric in
            metric.split(separator: ";").filter { !$0.hasPrefix("dur=") }.joined(separator: ";")
        }
    }

    @Test func `a request that went well at once says no more than that`() async throws {
        try await withUnruledStent { stent, _ async throws in
            let answer = try await stent.once(get("/patients/3", credentials()))
            #expect(Self.timing(answer) == ["tries;desc=1", "queue", "upstream"])
            let line = try await Self.line(stent)
            #expect(line.tries?.count == 1)
            #expect(line.tries?[0].cause == nil)
            #expect(line.tries?[0].pauseMs == nil)
            #expect(line.tries?[0].verifies == nil)
        }
    }

    @Test func `a repeated read tells each try, its cause, and the pause after it`() async throws {
        try await withUnruledStent { settings in
            settings.retry.backoffBase = .milliseconds(40)
        } _: { stent, hosp async throws in
            try await hosp.inject(Injection(.fault(.errorBefore)))
            try await hosp.inject(Injection(.fault(.truncate)))
            let answer = try await stent.once(get("/patients/3", credentials()))
            #expect(answer.status == 200)
            let timing = Self.timing(answer)
            #expect(timing.first == "tries;desc=3")
            #expect(
                timing.filter { $0.contains("-") } == [
                    #"try-1;desc="upstream.status""#, "pause-2", #"try-2;desc="upstream.truncated""#, "pause-3",
                    "try-3",
                ])
            let line = try await Self.line(stent)
            let tries = try #require(line.tries)
            #expect(tries.map(\.cause) == ["upstream.status", "upstream.truncated", nil])
            #expect(tries.map(\.status) == [500, 200, 200])
            #expect(tries[0].pauseMs == nil)
            #expect((0...40).contains(try #require(tries[1].pauseMs)))
            #expect((0...80).contains(try #require(tries[2].pauseMs)))
            #expect(line.retry == "retry.cause-listed")
        }
    }

    @Test func `a verified create tells which requests only asked`() async throws {
        try await withUnruledStent { stent, hosp async throws in
            try await hosp.inject(Injection(.fault(.errorBefore), method: "POST"))
            try await hosp.inject(Injection(.fault(.errorAfter), method: "POST"))
            let answer = try await stent.once(create(note()))
            #expect(answer.status == 201)
            let timing = Self.timing(answer)
            #expect(timing.first == "tries;desc=2")
            #expect(
                timing.filter { $0.hasPrefix("try") || $0.hasPrefix("verify") } == [
                    #"try-1;desc="upstream.status""#, "verify-2", #"try-3;desc="upstream.status""#,
                    "verify-4",
                ])
            let line = try await Self.line(stent)
            #expect(line.reason == "resend.found")
            #expect(line.tries?.map { $0.verifies ?? false } == [false, true, false, true])
            #expect(line.tries?.map(\.status) == [500, 200, 500, 200])
            #expect(line.tries?.map(\.cause) == ["upstream.status", nil, "upstream.status", nil])
        }
    }

    @Test func `a probe is told as one, and the wait for it as time in the queue`() async throws {
        try await withUnruledStent { settings in
            settings.breaker?.probeEvery = .milliseconds(200)
            settings.breaker?.probeMaximum = .milliseconds(200)
        } _: { stent, hosp async throws in
            try await hosp.inject(Injection(.fault(.errorBefore), count: 5))
            let answer = try await stent.once(get("/patients/3", credentials()))
            #expect(answer.status == 200)
            #expect(Self.timing(answer).contains { $0.hasPrefix("probe-") })
            let line = try await Self.line(stent)
            #expect(line.tries?.map { $0.probe ?? false } == [false, false, false, false, true, true])
            #expect((line.queueMs ?? 0) >= 300)  // twice 200 ms, less what the pauses before took
        }
    }
}
