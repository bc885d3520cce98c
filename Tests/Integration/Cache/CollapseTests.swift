import Foundation
import StentModel
import StentTestKit
import Testing

/// Who asks for the same at the same time costs the upstream one request.
@Suite(.serialized) struct `Requests for the same` {
    private static func all(_ stent: StentHarness, _ count: Int, _ request: String) async throws -> [(String, Duration)]
    {
        var connections: [RawConnection] = []
        for _ in 0..<count { connections.append(try await stent.connect()) }
        let ready = connections
        return try await withThrowingTaskGroup(of: (String, Duration).self) { group in
            for connection in ready {
                group.addTask {
                    let start = ContinuousClock.now
                    let answer = try await connection.exchange(request)
                    return (answer.text, ContinuousClock.now - start)
                }
            }
            var results: [(String, Duration)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.1 < $1.1 }
        }
    }

    @Test func `wait for one fetch where the answer may be shared`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(300)) { _, number in
            stored("Cache-Control: max-age=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            let results = try await Self.all(stent, 100, get("/a"))
            #expect(Set(results.map(\.0)) == ["1"])
            // One after the other they would take half a minute.
            #expect(results[50].1 < .milliseconds(900))
        }
        #expect(origin.requests.count == 1)
    }

    @Test func `don't wait for one another where it may not`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(300)) { _, number in
            stored("Cache-Control: no-store\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            let results = try await Self.all(stent, 100, get("/a"))
            #expect(Set(results.map(\.0)).count == 100)
            #expect((results.last?.1 ?? .zero) < .seconds(2))
        }
    }

    @Test func `don't wait long where they have credentials that nobody may share`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(300)) { _, number in
            stored("Cache-Control: max-age=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            let results = try await Self.all(stent, 50, get("/a", "Authorization: Basic YTpi\r\n"))
            #expect(Set(results.map(\.0)).count == 50)
            #expect((results.last?.1 ?? .zero) < .seconds(2))
        }
    }

    @Test func `are not held up by one that asks for a part of it`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(200)) { request, number in
            request["Range"] == nil
                ? stored("Cache-Control: max-age=60\r\n", "\(number)")
                : stored("Content-Range: bytes 0-0/9\r\n", "p", status: "206 Partial Content")
        }
        try await withCache(before: origin) { stent async throws in
            async let part = stent.once(get("/a", "Range: bytes=0-0\r\n"))
            #expect(await eventually { origin.requests.count == 1 })
            #expect(try await stent.cached(get("/a")).cache == "fwd=uri-miss; stored")
            #expect(try await part.status == 206)
            #expect(try await stent.once(get("/a", "Range: bytes=0-0\r\n")).text == "2")
        }
    }

    @Test func `get the stale answer at once, and one refreshes it`() async throws {
        let origin = CacheOrigin(delay: .seconds(1)) { _, number in
            stored("Cache-Control: max-age=\(number == 1 ? 0 : 60), stale-while-revalidate=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            _ = try await stent.once(get("/a"))
            let results = try await Self.all(stent, 100, get("/a"))
            #expect(Set(results.map(\.0)) == ["1"])
            #expect(results[50].1 < .milliseconds(600))
            #expect(await eventually { try await stent.once(get("/a")).text == "2" })
        }
        #expect(origin.requests.count == 2)
    }

    @Test func `get the answer though who asked first has gone`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(400)) { _, number in
            stored("Cache-Control: max-age=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            let first = try await stent.connect()
            try await first.send(get("/a"))
            #expect(await eventually { origin.requests.count == 1 })
            async let second = stent.once(get("/a"))
            #expect(await eventually { try await stent.metric("stent_cache_waiting") == 1 })
            await first.close()
            #expect(try await second.text == "1")
        }
        #expect(origin.requests.count == 1)
    }

    @Test func `are answered one by one where the one they wait for fails`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(100)) { _, number in
            number == 1
                ? stored("", "", status: "500 Internal Server Error")
                : stored("Cache-Control: max-age=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            let results = try await Self.all(stent, 20, get("/a"))
            #expect(results.filter { $0.0 == "2" }.count == 19)
        }
        #expect(origin.requests.count == 2)
    }
}

/// What is stored outlives the upstream for a while.
@Suite struct `While the upstream fails` {
    @Test func `a stale answer is given instead of its errors, marked as such`() async throws {
        let origin = CacheOrigin { _, number in
            number == 1
                ? stored("Cache-Control: max-age=0, stale-if-error=60\r\n", "good")
                : stored("", "down", status: "503 Service Unavailable")
        }
        let trail = try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a")).text == "good")
            let stale = try await stent.once(get("/a"))
            #expect((stale.status, stale.text) == (200, "good"))
            #expect(stale["Cache-Status"]?.hasPrefix("stent; fwd=stale; fwd-status=503; ttl=") == true)
            #expect(try await stent.once(get("/b")).status == 503)
        }
        #expect(trail.map(\.reason) == ["exchange.answered", "cache.stale", "upstream.status"])
    }

    @Test func `one that must be validated is not`() async throws {
        let origin = CacheOrigin { _, number in
            number == 1
                ? stored("Cache-Control: max-age=0, must-revalidate, stale-if-error=60\r\nETag: \"a\"\r\n", "good")
                : stored("", "down", status: "503 Service Unavailable")
        }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a")).text == "good")
            #expect(try await stent.once(get("/a")).status == 503)
        }
    }

    @Test func `a stale answer is given while nobody listens`() async throws {
        try await withStent(before: { connection, number in
            _ = try await connection.message()
            if number == 1 {
                try await connection.send(
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=0, stale-if-error=60\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood"
                )
            }
        }) {
            $0.cache = CacheSettings()
        } _: { stent, _ async throws in
            #expect(try await stent.once(get("/a")).text == "good")
            #expect(try await stent.once(get("/a")).text == "good")
            #expect(try await stent.once(get("/b")).status == 502)
        }
    }
}
