import StentModel
import StentTestKit
import Testing

/// What is stored is given again, as long as the upstream's word allows it (RFC 9111).
@Suite struct `A stored answer` {
    @Test func `is given to the next one who asks, with its age`() async throws {
        let origin = CacheOrigin { _, number in stored("Cache-Control: max-age=60\r\n", "answer \(number)") }
        let trail = try await withCache(before: origin) { stent async throws in
            let first = try await stent.cached(get("/a"))
            #expect((first.status, first.text, first.cache) == (200, "answer 1", "fwd=uri-miss; stored"))
            #expect(first.age == nil)
            let second = try await stent.cached(get("/a"))
            #expect((second.status, second.text, second.cache, second.age) == (200, "answer 1", "hit", 0))
            #expect(try await stent.cached(get("/a?x=1")).text == "answer 2")
            #expect(try await stent.cached(get("/a", "Host2: b\r\n")).text == "answer 1")
        }
        #expect(origin.requests == ["GET /a", "GET /a?x=1"])
        #expect(trail.map(\.reason) == ["exchange.answered", "cache.hit", "exchange.answered", "cache.hit"])
    }

    @Test(arguments: [
        "", "Cache-Control: no-store\r\n", "Cache-Control: private, max-age=60\r\n",
        "Cache-Control: max-age=60\r\nSet-Cookie: a=1\r\n", "Cache-Control: max-age=60\r\nVary: *\r\n",
    ])
    func `is none where nothing allows it`(fields: String) async throws {
        let origin = CacheOrigin { _, number in stored(fields, "answer \(number)") }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a")).text == "answer 1")
            #expect(try await stent.once(get("/a")).text == "answer 2")
        }
    }

    @Test func `is none of a request with credentials, unless the upstream says that it is for all`() async throws {
        let origin = CacheOrigin { request, number in
            stored(
                request.target == "/p" ? "Cache-Control: public, max-age=9\r\n" : "Cache-Control: max-age=9\r\n",
                "\(number)")
        }
        let mine = "Authorization: Basic YTpi\r\n"
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.cached(get("/a", mine)).cache == "fwd=uri-miss; detail=authorization")
            #expect(try await stent.cached(get("/a", mine)).text == "2")
            #expect(try await stent.cached(get("/p", mine)).text == "3")
            #expect(try await stent.cached(get("/p")).text == "3")
        }
    }

    @Test func `is validated when it is stale, and given again where the upstream says that it is good`() async throws {
        let origin = CacheOrigin { request, number in
            request["If-None-Match"] == #""v1""#
                ? "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nX-Seen: \(number)\r\n\r\n"
                : stored("Cache-Control: max-age=0\r\nETag: \"v1\"\r\n", "answer \(number)")
        }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.cached(get("/a")).text == "answer 1")
            let answer = try await stent.once(get("/a"))
            #expect((answer.status, answer.text, answer["X-Seen"]) == (200, "answer 1", "2"))
            #expect(answer["Cache-Status"]?.contains("fwd=stale; fwd-status=304") == true)
            let unchanged = try await stent.once(get("/a", "If-None-Match: \"v1\"\r\n"))
            #expect((unchanged.status, unchanged.text) == (304, ""))
        }
        #expect(origin.requests.count == 3)
    }

    @Test func `is replaced where the upstream has another one`() async throws {
        let origin = CacheOrigin { _, number in
            stored("Cache-Control: max-age=\(number == 1 ? 0 : 60)\r\nETag: \"v\(number)\"\r\n", "answer \(number)")
        }
        try await withCache(before: origin) { stent async throws in
            for text in ["answer 1", "answer 2", "answer 2"] { #expect(try await stent.once(get("/a")).text == text) }
        }
    }

    @Test(arguments: ["", "If-None-Match: \"x\"\r\n"])
    func `is fetched anew where the upstream calls something else unchanged`(condition: String) async throws {
        let origin = CacheOrigin { request, number in
            guard request["If-None-Match"] == nil else {
                return "HTTP/1.1 304 Not Modified\r\nETag: \"v9\"\r\n\r\n"
            }
            return stored("Cache-Control: max-age=0\r\nETag: \"v\(number)\"\r\n", "answer \(number)")
        }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a")).text == "answer 1")
            let answer = try await stent.once(get("/a", condition))
            #expect((answer.status, answer.text, answer["ETag"]) == (200, "answer 3", "\"v3\""))
        }
        #expect(origin.requests.count == 3)
    }

    @Test func `is fresh again where the answer to HEAD says so`() async throws {
        let origin = CacheOrigin { request, number in
            let fields = "Cache-Control: max-age=\(number == 1 ? 0 : 60)\r\nETag: \"v1\"\r\nX-Seen: \(number)\r\n"
            guard request.method == "HEAD" else { return stored(fields, "answer \(number)") }
            return "HTTP/1.1 200 OK\r\n\(fields)Content-Length: 8\r\n\r\n"
        }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a")).text == "answer 1")
            let connection = try await stent.connect()
            try await connection.send("HEAD /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
            #expect(try await connection.message(isToHead: true).status == 200)
            let answer = try await stent.once(get("/a"))
            #expect((answer.text, answer["X-Seen"]) == ("answer 1", "2"))
        }
        #expect(origin.requests == ["GET /a", "HEAD /a"])
    }

    @Test func `answers conditions, ranges and HEAD`() async throws {
        let origin = CacheOrigin { _, _ in
            stored("Cache-Control: max-age=60\r\nETag: \"v1\"\r\nContent-Type: text/plain\r\n", "0123456789")
        }
        try await withCache(before: origin) { stent async throws in
            _ = try await stent.once(get("/a"))
            let same = try await stent.once(get("/a", "If-None-Match: W/\"v1\"\r\n"))
            #expect((same.status, same.text, same["ETag"], same["Content-Type"]) == (304, "", "\"v1\"", nil))
            #expect(try await stent.once(get("/a", "If-None-Match: \"v2\"\r\n")).status == 200)
            let part = try await stent.once(get("/a", "Range: bytes=2-4\r\n"))
            #expect((part.status, part.text, part["Content-Range"]) == (206, "234", "bytes 2-4/10"))
            let beyond = try await stent.once(get("/a", "Range: bytes=10-\r\n"))
            #expect((beyond.status, beyond["Content-Range"]) == (416, "bytes */10"))
            let connection = try await stent.connect()
            try await connection.send("HEAD /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
            let head = try await connection.message(isToHead: true)
            #expect((head.status, head["Content-Length"]) == (200, "10"))
        }
        #expect(origin.requests == ["GET /a"])
    }

    @Test func `is told apart by what Vary names`() async throws {
        let origin = CacheOrigin { request, number in
            stored("Cache-Control: max-age=60\r\nVary: X-Kind\r\n", "\(request["X-Kind"] ?? "none") \(number)")
        }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a", "X-Kind: a\r\n")).text == "a 1")
            #expect(try await stent.cached(get("/a", "X-Kind: b\r\n")).cache == "fwd=vary-miss; stored")
            #expect(try await stent.once(get("/a")).text == "none 3")
            #expect(try await stent.once(get("/a", "X-Kind: a\r\n")).text == "a 1")
            #expect(try await stent.once(get("/a", "X-Kind: b\r\n")).text == "b 2")
        }
    }

    @Test func `is not given to who asks for another, and no other is fetched for who asks for that`() async throws {
        let origin = CacheOrigin { _, number in stored("Cache-Control: max-age=60\r\n", "answer \(number)") }
        try await withCache(before: origin) { stent async throws in
            #expect(try await stent.once(get("/a", "Cache-Control: only-if-cached\r\n")).status == 504)
            #expect(try await stent.once(get("/a")).text == "answer 1")
            #expect(try await stent.once(get("/a", "Cache-Control: only-if-cached\r\n")).text == "answer 1")
            #expect(try await stent.once(get("/a", "Cache-Control: no-cache\r\n")).text == "answer 2")
            #expect(try await stent.once(get("/a")).text == "answer 2")
        }
    }

    @Test func `is the whole of a large one, and none of one that is too large`() async throws {
        let small = String(repeating: "s", count: 300_000)
        let large = String(repeating: "l", count: 1_300_000)
        let origin = CacheOrigin { request, _ in
            stored("Cache-Control: max-age=60\r\n", request.target == "/small" ? small : large)
        }
        try await withCache(before: origin) { stent async throws in
            for _ in 0..<2 {
                #expect(try await stent.once(get("/small")).text == small)
                #expect(try await stent.once(get("/large")).text == large)
            }
        }
        #expect(origin.requests == ["GET /small", "GET /large", "GET /large"])
    }
}

/// Nobody misses their own write.
@Suite struct `A write` {
    private static func counting() -> CacheOrigin {
        CacheOrigin { request, number in
            switch request.method {
            case "GET": stored("Cache-Control: max-age=60\r\n", "\(number)")
            case _:
                stored(
                    "Location: /elsewhere/7?x\r\n", "", status: request.target == "/bad" ? "400 Bad Request" : "200 OK")
            }
        }
    }

    @Test(arguments: ["PUT", "DELETE", "PATCH", "POST", "PURGE"])
    func `makes its resource, the list that it is in, and each filtered list invalid`(method: String) async throws {
        let origin = Self.counting()
        let paths = ["/notes/5", "/notes", "/notes?patient_id=3", "/notes/6", "/elsewhere/7", "/elsewhere"]
        try await withCache(before: origin) { stent async throws in
            for path in paths { _ = try await stent.once(get(path)) }
            for path in paths { #expect(try await stent.cached(get(path)).cache == "hit") }
            _ = try await stent.once("\(method) /notes/5 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n")
            for path in paths {
                let isKept = path == "/notes/6" || path == "/elsewhere"
                #expect(try await stent.cached(get(path)).cache == (isKept ? "hit" : "fwd=uri-miss; stored"), "\(path)")
            }
        }
    }

    @Test func `that is refused makes nothing invalid, one that nobody knows the end of does`() async throws {
        let origin = CacheOrigin { request, number in
            switch (request.method, request.target) {
            case ("GET", _): stored("Cache-Control: max-age=60\r\n", "\(number)")
            case (_, "/a"): stored("", "", status: "400 Bad Request")
            case _: stored("", "", status: "500 Internal Server Error")
            }
        }
        try await withCache(before: origin) { stent async throws in
            for path in ["/a", "/b"] { _ = try await stent.once(get(path)) }
            #expect(try await stent.once(post("/a", "x")).status == 400)
            #expect(try await stent.once(post("/b", "x")).status == 500)
            #expect(try await stent.cached(get("/a")).cache == "hit")
            // It may take effect yet.
            #expect(try await stent.cached(get("/b")).cache == "fwd=uri-miss; detail=superseded")
        }
    }

    @Test func `is not undone by what was asked for before it`() async throws {
        let origin = CacheOrigin(delay: .milliseconds(300)) { request, number in
            request.method == "GET" ? stored("Cache-Control: max-age=60\r\n", "\(number)") : stored("", "")
        }
        try await withCache(before: origin) { stent async throws in
            async let early = stent.once(get("/a"))
            #expect(await eventually { origin.requests.count == 1 })
            _ = try await stent.once(post("/a", "x"))
            let late = try await stent.once(get("/a"))
            let first = try await early
            #expect(late.text != first.text)
            #expect(try await stent.once(get("/a")).text == late.text)
        }
    }
}
