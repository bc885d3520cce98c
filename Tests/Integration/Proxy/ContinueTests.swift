import StentTestKit
import Testing

/// `Expect: 100-continue` (RFC 9110 §10.1.1), with a client that really waits.
@Suite struct ContinueTests {
    private static let head =
        "POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"

    @Test func `a client that waits for 100 gets it, and then its answer`() async throws {
        try await withStent(before: { connection, _ in
            while true {
                let request = try await connection.message()
                #expect(request["Expect"] == nil)
                try await connection.send(ok(request.text))
            }
        }) { stent, _ async throws in
            let client = try await stent.connect()
            for _ in 1...2 {
                try await client.send(Self.head)
                #expect(try await client.head().status == 100)
                try await client.send("hello")
                #expect(try await client.message().text == "hello")
            }
            await client.close()
        }
    }

    @Test func `a client is not asked for content that would be refused`() async throws {
        try await withStent(before: echoingTargets) {
            $0.limits.body = .init(4)
        } _: { stent, upstream async throws in
            let client = try await stent.connect()
            try await client.send(Self.head)
            let answer = try await client.message()
            #expect(answer.status == 413)
            #expect(answer["Connection"] == "close")
            #expect(upstream.accepted == 0)
            await client.close()
        }
    }

    @Test func `a client is not asked for content that has nowhere to go`() async throws {
        let trail = try await withStent(upstream: 1) { stent async throws in
            let client = try await stent.connect()
            try await client.send(Self.head)
            let answer = try await client.message()
            #expect(answer.status == 502)
            #expect(answer["Stent-Outcome"] == "not-sent")
            // The client may send its content all the same, so nothing that follows can be told apart.
            #expect(answer["Connection"] == "close")
            await client.close()
        }
        #expect(trail.map(\.outcome) == ["not-sent"])
    }

    @Test func `a client that does not wait gets no 100`() async throws {
        try await withStent(before: { connection, _ in
            while true { try await connection.send(ok(try await connection.message().text)) }
        }) { stent, _ async throws in
            let client = try await stent.connect()
            try await client.send(Self.head + "hello")
            #expect(try await client.message().text == "hello")
            await client.close()
        }
    }
}
