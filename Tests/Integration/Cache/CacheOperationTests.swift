import Foundation
import StentModel
import StentRuntime
import StentTestKit
import Testing

private let paths = ["/notes", "/notes?x=1", "/notes/5", "/notes/5?x=1", "/notesque", "/tagged"]

extension StentHarness {
    func purge(_ json: String, type: String = "application/json") async throws -> RawMessage {
        let connection = try await RawConnection.open(port: adminPort)
        defer { connection.channel.close(promise: nil) }
        return try await connection.exchange(
            "POST /cache/purge HTTP/1.1\r\nHost: admin\r\nContent-Type: \(type)\r\nContent-Length: "
                + "\(json.utf8.count)\r\nConnection: close\r\n\r\n\(json)")
    }

    /// Those of the paths that are answered from the cache.
    fileprivate func kept() async throws -> [String] {
        var kept: [String] = []
        for path in paths where try await cached(get(path)).cache == "hit" { kept.append(path) }
        return kept
    }
}

/// A command as a process of its own would run it: it blocks, and stent needs the threads of this one to answer it.
private func command(
    _ body: @escaping @Sendable () -> (text: String, code: Int32)
) async -> (text: String, code: Int32) {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: body()) }
    }
}

/// `/tagged` has a tag, what is kept is fresh for a minute.
private func withKept(
    status: @escaping @Sendable (Int) -> String = { _ in "200 OK" },
    _ body: (StentHarness, CacheOrigin) async throws -> Void
) async throws {
    let origin = CacheOrigin { _, number in
        stored("Cache-Control: max-age=60, stale-if-error=60\r\n", "\(number)", status: status(number))
    }
    try await withCache(before: origin) { settings in
        var route = RouteSettings(
            match: RoutePattern(text: "GET /tagged", methods: [.get], segments: [.oneOf(["tagged"])]))
        route.cache = RouteCacheSettings()
        route.cache?.scope = .everyone
        route.cache?.tags = ["lists"]
        settings.routes.insert(route, at: 0)
    } _: { stent async throws in
        for path in paths { _ = try await stent.once(get(path)) }
        try await body(stent, origin)
    }
}

/// What an operator says to a cache that serves.
@Suite struct `A purge` {
    @Test(arguments: [
        (#"{"url":"/notes"}"#, ["/notes", "/notes?x=1"], #"{"groups":1}"#),
        (#"{"url":"https://a.example/notes/5?x=1"}"#, ["/notes/5", "/notes/5?x=1"], #"{"groups":1}"#),
        (#"{"url":"/%6eotes/"}"#, ["/notes", "/notes?x=1"], #"{"groups":1}"#),
        (#"{"prefix":"/notes"}"#, ["/notes", "/notes?x=1", "/notes/5", "/notes/5?x=1"], #"{"purged":4}"#),
        (#"{"prefix":"/"}"#, paths, #"{"purged":6}"#),
        (#"{"prefix":"/nobody"}"#, [], #"{"purged":0}"#),
        (#"{"tag":"lists"}"#, ["/tagged"], #"{"groups":1}"#),
        (#"{"everything":true,"soft":false}"#, paths, #"{"purged":6}"#),
    ])
    func `reaches what it names and nothing else`(order: String, gone: [String], said: String) async throws {
        try await withKept { stent, _ async throws in
            #expect(try await stent.kept() == paths)
            let answer = try await stent.purge(order)
            #expect((answer.status, answer.text) == (200, said + "\n"))
            #expect(try await stent.kept() == paths.filter { !gone.contains($0) })
            #expect(try await stent.kept() == paths)
        }
    }

    @Test(arguments: [#""url":"/notes""#, #""prefix":"/notes""#, #""tag":"lists""#, #""everything":true"#])
    func `that is soft leaves what it reaches for when the upstream fails`(member: String) async throws {
        let path = member.contains("tag") ? "/tagged" : "/notes"
        try await withKept(status: { $0 > paths.count ? "503 Service Unavailable" : "200 OK" }) {
            stent, origin async throws in
            let kept = try await stent.once(get(path)).text
            #expect(try await stent.purge("{\(member),\"soft\":true}").status == 200)
            let answer = try await stent.once(get(path))
            #expect((answer.status, answer.text) == (200, kept))
            #expect(answer["Cache-Status"]?.hasPrefix("stent; fwd=stale; fwd-status=503") == true)
            #expect(origin.requests.count == paths.count + 1)
            #expect(try await stent.purge("{\(member)}").status == 200)
            #expect(try await stent.once(get(path)).status == 503)
        }
    }

    @Test(arguments: [#"{"url":"/a"}"#, #"{"prefix":"/a"}"#, #"{"everything":true}"#, #"{"prefix":"/a","soft":true}"#])
    func `keeps out what was asked for before it`(order: String) async throws {
        let origin = CacheOrigin(delay: .milliseconds(300)) { _, number in
            stored("Cache-Control: max-age=60\r\n", "\(number)")
        }
        try await withCache(before: origin) { stent async throws in
            async let early = stent.once(get("/a"))
            #expect(await eventually { origin.requests.count == 1 })
            let purged = try await stent.purge(order)
            let late = try await stent.once(get("/a"))
            let first = try await early
            let next = try await stent.once(get("/a"))
            #expect((purged.status, late.text, first.text, next.text) == (200, "2", "1", "2"))
        }
    }

    @Test(arguments: [
        ("", "application/json", 422, "is not JSON"),
        ("{", "application/json; charset=utf-8", 422, "is not JSON"),
        ("[]", "application/json", 422, "has to be an object"),
        ("{}", "application/json", 422, "has none of url, prefix, tag, everything"),
        (#"{"soft":true}"#, "application/json", 422, "has none of"),
        (#"{"url":"/a","tag":"lists"}"#, "application/json", 422, "has more than one of"),
        (#"{"url":"/a","hard":true}"#, "application/json", 422, "has an unknown member"),
        (#"{"url":"/a","soft":1}"#, "application/json", 422, #""/soft","detail":"has to be true or false""#),
        (#"{"url":5}"#, "application/json", 422, #""/url","detail":"has to be a string""#),
        (#"{"url":"notes"}"#, "application/json", 422, #""/url","detail":"has to be a URL"#),
        (#"{"url":"/a b"}"#, "application/json", 422, "percent-encoded"),
        (#"{"prefix":"/a?b"}"#, "application/json", 422, #""/prefix""#),
        (#"{"tag":"none"}"#, "application/json", 422, "is a tag of no route; there are lists"),
        (#"{"everything":false}"#, "application/json", 422, #""/everything""#),
        (#"{"url":"/a"}"#, "text/plain", 415, "admin.media-type"),
        (#"{"url":"/\#(String(repeating: "a", count: 65_536))"}"#, "application/json", 413, "request.body-too-large"),
    ])
    func `that is not understood says why, and purges nothing`(
        order: String, type: String, status: Int, part: String
    ) async throws {
        try await withKept { stent, _ async throws in
            let answer = try await stent.purge(order, type: type)
            #expect(answer.status == status)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer.text.contains(part), "\(answer.text)")
            #expect(try await stent.kept() == paths)
        }
    }

    @Test func `needs POST, and a cache`() async throws {
        let origin = CacheOrigin { _, _ in stored("", "") }
        try await withCache(before: origin) {
            $0.cache = nil
        } _: { stent async throws in
            let other = try await stent.admin("/cache/purge")
            #expect((other.status, other["Allow"]) == (405, "POST"))
            for answer in [try await stent.purge(#"{"everything":true}"#), try await stent.admin("/cache")] {
                #expect(answer.status == 404)
                #expect(answer.text.contains("the settings have no cache"))
            }
            #expect(try await stent.metric("stent_cache_entries") == 0)
            #expect(try await stent.admin("/status").text.contains("\"cache\"") == false)
        }
    }
}

/// What an operator sees of the cache.
@Suite struct `The state of the cache` {
    @Test func `is counted by what was done with each request`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(100)) { request, number in
            switch request.target {
            case "/validated":
                request["If-None-Match"] == nil
                    ? stored("Cache-Control: max-age=0\r\nETag: \"a\"\r\n", "1")
                    : "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"
            case "/gone": stored("Cache-Control: max-age=0\r\nETag: \"\(number)\"\r\n", "1")
            case _: stored("Cache-Control: max-age=60\r\nVary: X-Kind\r\n", "1")
            }
        }
        try await withCache(before: origin) { stent async throws in
            for request in [
                get("/a"), get("/a"), get("/a"), get("/a", "X-Kind: b\r\n"), get("/a", "Cache-Control: no-cache\r\n"),
                get("/validated"), get("/validated"), get("/gone"), get("/gone"),
            ] {
                #expect(try await stent.once(request).status == 200)
            }
            async let first = stent.once(get("/b"))
            async let second = stent.once(get("/b"))
            _ = try await (first, second)
            #expect(await eventually { try await stent.metric("stent_cache_collapsed_total") == 1 })
            for (use, count) in [
                ("hit", 2.0), ("vary-miss", 1), ("request", 1), ("validated", 1), ("stale-forwarded", 1),
                ("uri-miss", 5),
            ] {
                #expect(try await stent.metric("stent_cache_requests_total{use=\"\(use)\"}") == count, "\(use)")
            }
            #expect(try await stent.metric("stent_cache_entries") == 5)
            #expect(try await stent.metric("stent_cache_bytes") > 1_000)
            #expect(try await stent.metric("stent_cache_capacity_bytes") == Double(256 << 20))
            #expect(try await stent.metric("stent_cache_waiting") == 0)
            _ = try PrometheusPage(try await stent.admin("/metrics").text)
            let status = try #require(try await stent.status()["cache"] as? [String: Any])
            #expect(status["entries"] as? Int == 5)
            #expect(Set(status.keys) == ["entries", "bytes", "capacity", "evictions", "waiting"])
        }
    }

    @Test func `lists what is kept of a path, and how it stands`() async throws {
        try await withKept { stent, _ async throws in
            let answer = try await stent.admin("/cache?url=http%3A%2F%2Fother%2Fnotes%3Fy")
            #expect(answer.text.contains(#""url":"http://a.example/notes?x=1","status":200,"#))
            #expect(answer.text.contains(#/"age":[0-9]+,"ttl":[0-9]+,/#))
            #expect(answer.text.contains(#""state":"fresh","for_one_caller":false,"varies_by":[]}"#))
            #expect(answer.text.components(separatedBy: "\"url\"").count == 3)
            _ = try await stent.purge(#"{"url":"/notes","soft":true}"#)
            #expect(try await stent.admin("/cache?url=/notes").text.contains(#""state":"stale""#))
            _ = try await stent.purge(#"{"url":"/notes"}"#)
            #expect(try await stent.admin("/cache?url=/notes").text.contains(#""state":"invalid""#))
            for query in ["?uri=/a", "?url=a", "?url=/a&x=1"] {
                #expect(try await stent.admin("/cache\(query)").status == 422)
            }
        }
    }

    @Test func `tells of a caller's copy, not whose it is`() async throws {
        try await withReliableStent {
            $0.cache = CacheSettings()
        } _: { stent, _ async throws in
            #expect(try await stent.once(get("/notes/1", "\(credentials())\r\n")).status == 200)
            let answer = try await stent.admin("/cache?url=/notes/1").text
            #expect(answer.contains(#""for_one_caller":true"#), "\(answer)")
            #expect(answer.utf8.allSatisfy { $0 < 0x7F })
        }
    }
}

/// `stent cache`, which asks the admin endpoint.
@Suite struct CacheCommandTests {
    @Test func `it shows what is kept, and purges it`() async throws {
        try await withKept { stent, _ async throws in
            let settings = try stent.settingsFile()
            var said = await command { CacheCommands.show(settings, url: nil, asJSON: false) }
            #expect(said.code == 0)
            #expect(said.text.hasPrefix("cache: 6 entries, "))
            #expect(said.text.hasSuffix(" KiB of 256 MiB, 0 evicted, 0 waiting"))
            said = await command { StatusCommand.run(settings, asJSON: false) }
            #expect(said.text.contains("\ncache: 6 entries, "))
            said = await command { CacheCommands.show(settings, url: "/notes/5", asJSON: false) }
            #expect(said.code == 0)
            let lines = said.text.split(separator: "\n")
            #expect(
                Set(lines.map { $0.prefix { $0 != " " } })
                    == Set(["/5", "/5?x=1"].map { "http://a.example/notes\($0)" }))
            #expect(lines.first?.contains(" bytes  age ") == true)
            #expect(lines.first?.contains(" s  fresh for ") == true)
            #expect(lines.first?.hasSuffix(" s  for all") == true)

            said = await command { CacheCommands.purge(settings, .url("/notes/5?y"), .hard) }
            #expect(said == ("purged: all that is kept under it", 0))
            said = await command { CacheCommands.purge(settings, .prefix("/notesque"), .soft) }
            #expect(said == ("stale from now on: 1 entry", 0))
            said = await command { CacheCommands.purge(settings, .tag("lists"), .hard) }
            #expect(said.code == 0)
            #expect(try await stent.kept() == ["/notes", "/notes?x=1"])
            said = await command { CacheCommands.purge(settings, .everything, .hard) }
            #expect(said == ("purged: 6 entries", 0))
            said = await command { CacheCommands.show(settings, url: "/notes", asJSON: false) }
            #expect(said == ("nothing is kept of this path", 1))
            said = await command { CacheCommands.show(settings, url: nil, asJSON: true) }
            #expect(said.text.hasPrefix(#"{"cache":{"entries":0,"#))
        }
    }

    @Test func `it says what is wrong`() async throws {
        try await withKept { stent, _ async throws in
            let settings = try stent.settingsFile()
            var said = await command { CacheCommands.purge(settings, .tag("none"), .hard) }
            #expect(said == ("tag: is a tag of no route; there are lists", 1))
            said = await command { CacheCommands.show(settings, url: "notes", asJSON: false) }
            #expect(said == ("url: has to be a URL, or its path, which begins with /", 1))
        }
        let origin = CacheOrigin { _, _ in stored("", "") }
        try await withCache(before: origin) {
            $0.cache = nil
        } _: { stent async throws in
            let settings = try stent.settingsFile()
            let said = await command { CacheCommands.show(settings, url: nil, asJSON: false) }
            #expect(said == ("the settings have no cache", 1))
        }
    }
}
