import StentModel
import StentPolicy
import Testing

private let dayOld = ["Last-Modified: {-86400}", "Date: {0}"]

@Suite struct `Storing a response (RFC 9111 §3)` {
    @Test(arguments: [
        200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599, 401, 429,
    ])
    func `is allowed by explicit freshness whatever the status`(status: Int) throws {
        let fresh = try answer(status, ["Expires: {100000}", "Cache-Control: max-age=100000", "Date: {0}"])
        #expect(try Reuse(fresh) == .fresh)
        let stale = try answer(status, ["Expires: {-5000}", "Last-Modified: {-100000}", "Date: {0}"])
        #expect(try Reuse(stale) == .stale)
    }

    /// RFC 9110 §15.1.
    @Test(
        arguments: [
            (200, true), (201, false), (202, false), (203, true), (204, true), (300, true), (301, true), (302, false),
            (307, false), (308, true), (403, false), (404, true), (405, true), (410, true), (414, true), (500, false),
            (501, true), (502, false), (503, false), (504, false), (599, false),
        ] as [(Int, Bool)])
    func `is allowed by the status alone for a few`(status: Int, isStored: Bool) throws {
        #expect(try Reuse(answer(status, dayOld)) == (isStored ? .fresh : .notStored(.status)))
    }

    @Test func `is allowed by public for every status`() throws {
        #expect(try Reuse(answer(599, dayOld + ["Cache-Control: public"])) == .fresh)
    }

    @Test func `makes no sense where it could neither be fresh nor be validated`() throws {
        #expect(try Reuse(answer(200, [])) == .notStored(.noFreshness))
        #expect(try Reuse(answer(200, ["Cache-Control: max-age=0"])) == .notStored(.noFreshness))
        #expect(try Reuse(answer(200, ["ETag: \"a\""])) == .stale)
        #expect(try Reuse(answer(200, ["Cache-Control: no-cache", "ETag: \"a\""])) == .stale)
        #expect(try Reuse(answer(200, ["Cache-Control: max-age=0, stale-if-error=60"])) == .stale)
    }

    @Test(
        arguments: [
            ("no-store", CacheRefusal.noStore), ("No-StOrE", .noStore), ("max-age=10000, no-store", .noStore),
            ("private, max-age=3600", .isPrivate), ("private=\"a\", max-age=3600", .isPrivate),
        ] as [(String, CacheRefusal)])
    func `is refused by what the upstream says`(value: String, refusal: CacheRefusal) throws {
        let head = try answer(200, ["Cache-Control: \(value)", "Expires: {10000}", "Date: {0}", "ETag: \"a\""])
        #expect(try Reuse(head) == .notStored(refusal))
    }

    /// RFC 9111 §5.2.2.3.
    @Test func `is allowed by must-understand in spite of no-store where the status is known`() throws {
        let control = "Cache-Control: max-age=3600, no-store, must-understand"
        #expect(try Reuse(answer(200, [control])) == .fresh)
        #expect(try Reuse(answer(599, [control])) == .notStored(.notUnderstood))
        #expect(try Reuse(answer(599, ["Cache-Control: max-age=60, must-understand"])) == .notStored(.notUnderstood))
    }

    @Test func `is refused by the client's no-store`() throws {
        let head = try answer(200, ["Cache-Control: max-age=60"])
        #expect(try Reuse(head, to: ["Cache-Control: no-store"]) == .notStored(.requestNoStore))
    }

    @Test(arguments: ["POST", "HEAD", "PUT", "OPTIONS", "PROPFIND"])
    func `is for GET alone`(method: String) throws {
        let request = try requestHead(lines: ["\(method) /a HTTP/1.1", "Host: a"])
        let response = CacheableResponse(try answer(200, ["Cache-Control: max-age=60", "Content-Location: /a"]))
        #expect(StoreRule().decide(response, to: request, instant) == .refuse(.method))
    }

    @Test(arguments: [(103, CacheRefusal.notFinal), (206, .partial), (304, .notFinal)])
    func `is for whole final responses`(status: Int, refusal: CacheRefusal) throws {
        var response = CacheableResponse(try answer(200, ["Cache-Control: max-age=60"]))
        response.status = status
        #expect(StoreRule().decide(response, to: try get([]), instant) == .refuse(refusal))
    }

    @Test func `is refused where only the connection's end ends it`() throws {
        var response = CacheableResponse(try answer(200, ["Cache-Control: max-age=60"]))
        response.framing = .untilClose
        #expect(StoreRule().decide(response, to: try get([]), instant) == .refuse(.undelimited))
    }

    @Test func `is refused for one that sets a cookie`() throws {
        let head = try answer(200, ["Cache-Control: public, max-age=60", "Set-Cookie: a=b"])
        #expect(try Reuse(head) == .notStored(.setCookie))
        #expect(try Reuse(answer(200, ["Cache-Control: max-age=60"]), then: ["Cookie: a=b"]) == .fresh)
    }

    @Test(
        arguments: [
            (["Vary: *"], CacheRefusal.varyAny), (["Vary: *, *"], .varyAny), (["Vary: *", "Vary: *"], .varyAny),
            (["Vary: , *"], .varyAny), (["Vary: ", "Vary: *"], .varyAny), (["Vary: *, Foo"], .varyAny),
            (["Vary: Foo, *"], .varyAny), (["Vary: Foo", "Vary: *"], .varyAny),
            (["Vary: X-Forwarded-For"], .varyUnkeyable),
            (["Vary: accept, x-request-id"], .varyUnkeyable),
            (["Vary: " + (0..<33).map { "a\($0)" }.joined(separator: ",")], .varyUnkeyable),
        ] as [([String], CacheRefusal)])
    func `is refused where nobody could tell whom it fits`(vary: [String], refusal: CacheRefusal) throws {
        let head = try answer(200, ["Cache-Control: max-age=5000", "Date: {0}"] + vary)
        #expect(try Reuse(head) == .notStored(refusal))
    }

    @Test func `has a test for each refusal`() {
        let tested: Set<CacheRefusal> = [
            .method, .requestNoStore, .noStore, .isPrivate, .authorization, .notFinal, .partial, .errorStatus, .status,
            .notUnderstood, .setCookie, .undelimited, .varyAny, .varyUnkeyable, .noFreshness,
        ]
        // What the shell finds: the size of an entry, and writes.
        #expect(tested.union([.tooLarge, .superseded]) == Set(CacheRefusal.allCases))
        for refusal in CacheRefusal.allCases { #expect(refusal.text.description == refusal.rawValue) }
    }
}

@Suite struct `Storing what a request with credentials got (RFC 9111 §3.5)` {
    private let credentials = ["Authorization: FOO"]

    @Test(
        arguments: [
            ("max-age=3600, public", Reuse.fresh), ("max-age=3600, must-revalidate", .fresh), ("s-maxage=3600", .fresh),
            ("max-age=3600", .notStored(.authorization)),
            ("max-age=3600, proxy-revalidate", .notStored(.authorization)),
        ] as [(String, Reuse)])
    func `takes the upstream's word`(value: String, expected: Reuse) throws {
        #expect(try Reuse(answer(200, ["Cache-Control: \(value)", "Date: {0}"]), to: credentials) == expected)
    }

    @Test func `is not allowed by Expires`() throws {
        let head = try answer(200, ["Expires: {2592000}", "Date: {0}"])
        #expect(try Reuse(head, to: credentials) == .notStored(.authorization))
    }

    @Test func `is allowed where only that caller or proven ones get it`() throws {
        let head = try answer(200, ["Cache-Control: max-age=3600"])
        #expect(try Reuse(head, to: credentials, sharing: .caller) == .fresh)
        #expect(try Reuse(head, to: credentials, sharing: .proven) == .fresh)
    }

    @Test(arguments: [401, 403, 429, 500, 503, 599])
    func `is never done for an error`(status: Int) throws {
        let head = try answer(status, ["Cache-Control: max-age=3600, public"])
        #expect(try Reuse(head, to: credentials) == .notStored(.errorStatus))
        #expect(try Reuse(head, to: ["Cookie: a=b"]) == .notStored(.errorStatus))
        #expect(try Reuse(head, sharing: .caller) == .notStored(.errorStatus))
        #expect(try Reuse(head, override: CacheOverride()) == .notStored(.errorStatus))
        #expect(try Reuse(head) == .fresh)
    }
}

@Suite struct `Whose word counts when a response is stored` {
    @Test func `a client's no-store counts for nothing where clients have no say`() throws {
        let response = CacheableResponse(try answer(200, ["Cache-Control: max-age=60"]))
        let timing = ResponseTiming(
            requested: Moment(nanoseconds: 0), received: Moment(nanoseconds: 0), receivedAt: WallTime(nanoseconds: 0))
        let request = try get(["Cache-Control: no-store"])
        #expect(StoreRule().decide(response, to: request, timing) == .refuse(.requestNoStore))
        let verdict = StoreRule().decide(response, to: request, timing, control: RequestCacheControl.none)
        #expect(verdict != .refuse(.requestNoStore))
    }

    /// must-revalidate would permit it (RFC 9111 §3.5), but is among what the route has put aside.
    @Test func `a route that wins over the upstream makes nothing public that somebody's credentials brought`() throws {
        var override = CacheOverride()
        override.ttl = .seconds(60)
        override.mayLengthen = true
        let own = try answer(200, ["Cache-Control: max-age=0, private, must-revalidate"])
        let credentials = ["Authorization: Basic YTpi"]
        #expect(try Reuse(own, to: credentials, override: override) == .notStored(.authorization))
        #expect(try Reuse(own, to: credentials, sharing: .caller, override: override) == .fresh)
        let open = try answer(200, ["Cache-Control: max-age=0, public"])
        #expect(try Reuse(open, to: credentials, override: override) == .fresh)
    }
}
