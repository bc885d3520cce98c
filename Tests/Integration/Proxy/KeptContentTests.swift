import HospKit
import StentModel
import StentTestKit
import Testing

/// Content that is kept for a further attempt is bounded for all requests together.
@Suite struct KeptContentTests {
    private static let kept = "stent_request_content_kept_bytes"

    @Test func `beyond the bound a create is sent once, and its outcome is called unknown`() async throws {
        try await withUnruledStent { settings in
            settings.retry.replayTotal = ByteCount(1_024)
        } _: { stent, hosp async throws in
            // A slow upload holds all that may be kept.
            let content = note(String(repeating: "x", count: 3_000))
            let request = create(content)
            let slow = try await stent.connect()
            try await slow.send(String(request.dropLast(1_000)))
            #expect(await eventually { try await stent.metric(Self.kept) > 1_024 })

            try await hosp.inject(Injection(.fault(.errorBefore), method: "POST"))
            let answer = try await stent.once(create(note("meanwhile")))
            #expect(answer.status == 500)
            #expect(answer["Stent-Outcome"] == "unknown")
            #expect(try await hosp.arrived("POST").count == 1)
            let keyed = try await stent.once(create(note("keyed"), key: "k1"))
            #expect(keyed.status == 503)
            #expect(keyed.reason == "idempotency.unavailable")

            // Once it is done, others are verified again.
            try await slow.send(String(request.suffix(1_000)))
            #expect(try await slow.answer().status == 201)
            #expect(await eventually { try await stent.metric(Self.kept) == 0 })
            try await hosp.inject(Injection(.fault(.errorBefore), method: "POST"))
            #expect(try await stent.once(create(note("afterwards"))).status == 201)
            await slow.close()
        }
    }
}
