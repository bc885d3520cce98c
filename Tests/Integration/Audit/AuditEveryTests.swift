import StentTestKit
import Testing

/// `audit.durability: every`, from outside.
@Suite struct `An answer that waits for its record` {
    @Test func `comes once the line is in the file, whatever became of the request`() async throws {
        try await withStent(before: echoingTargets) { settings in
            settings.audit.durability = .every
        } _: { stent, _ async throws in
            let connection = try await stent.connect()
            for request in [get("/a"), post("/b", "content"), get("/c/../d")] {
                let answer = try await connection.exchange(request)
                let id = try #require(answer["X-Request-Id"])
                #expect(try stent.auditLines().contains { $0.contains(id) }, "\(answer.status)")
            }
            await connection.close()
        }
    }

    @Test func `comes for many at once, and in order on each connection`() async throws {
        try await withStent(before: echoingTargets) { settings in
            settings.audit.durability = .every
        } _: { stent, _ async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<16 {
                    group.addTask {
                        let connection = try await stent.connect()
                        try await connection.send((0..<10).map { get("/\(client)/\($0)") }.joined())
                        for number in 0..<10 {
                            #expect(try await connection.message().text == "/\(client)/\(number)")
                        }
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `is taken by the client before its next request begins`() async throws {
        let large = String(repeating: "x", count: 900_000)
        let origin = CacheOrigin { _, _ in stored("Cache-Control: max-age=600\r\n", large) }
        try await withCache(before: origin) { settings in
            settings.audit.durability = .every
        } _: { stent async throws in
            // Whole answers, which are there at once: from the cache.
            _ = try await stent.once(get("/a"))
            let connection = try await stent.connect(receiveBuffer: 4_096)
            try await connection.send((0..<40).map { _ in get("/a") }.joined())
            // Until nothing more is answered: the client takes nothing, and there is only so much room on the way.
            var seen = -1
            while try stent.auditLines().count != seen {
                seen = try stent.auditLines().count
                // proof: that nothing happens any more is seen only by waiting
                try await Task.sleep(for: .milliseconds(700))
            }
            #expect((1..<30).contains(seen))
            for _ in 0..<40 { #expect(try await connection.message().body.count == large.utf8.count) }
            await connection.close()
        }
    }
}
