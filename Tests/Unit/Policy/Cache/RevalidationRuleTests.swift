import StentModel
import StentPolicy
import Testing

private let modified = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT"

private func outcome(
    _ status: Int, _ lines: [String] = [], stored: [String] = ["ETag: \"a\""], control: String = "max-age=2",
    after: Double = 3, request: [String] = []
) throws -> RevalidationRule.Outcome {
    let head = try answer(200, stored + ["Cache-Control: \(control)"])
    return RevalidationRule.outcome(
        try answer(status, lines), CacheValidators(head.fields, receivedAt: cachedAt), try lifetime(head),
        at: later(after), RequestCacheControl(try get(request).fields))
}

@Suite struct `Asking whether a stored response is still good (RFC 9111 §4.3.1)` {
    @Test(
        arguments: [
            (["ETag: \"abcdef\""], "If-None-Match: \"abcdef\"\r\n"),
            (["ETag: W/\"abcdef\""], "If-None-Match: W/\"abcdef\"\r\n"),
            ([modified], "If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT\r\n"),
            (
                [modified, "ETag: \"a\""],
                "If-None-Match: \"a\"\r\nIf-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT\r\n"
            ),
            (["Last-Modified: yesterday"], ""), ([], ""),
        ] as [([String], String)])
    func `names its validators as they were received`(lines: [String], expected: String) throws {
        let known = try validators(lines)
        #expect(written { RevalidationRule.appendCondition(known, to: &$0) } == expected)
    }

    @Test func `leaves out the client's own conditions and ranges`() {
        let dropped: [FieldName] = [.ifNoneMatch, .ifModifiedSince, .ifRange, .range]
        for field in FieldName.allCases { #expect(RevalidationRule.passes(field) == !dropped.contains(field)) }
    }
}

@Suite struct `The answer to that (RFC 9111 §4.3.3)` {
    @Test(
        arguments: [
            (["ETag: \"a\""], RevalidationRule.Outcome.freshen), (["ETag: W/\"a\""], .freshen),
            (["ETag: \"b\""], .refetch),
            ([], .freshen), ([modified], .freshen), (["ETag: \"b\"", modified], .refetch), (["ETag: "], .refetch),
        ] as [([String], RevalidationRule.Outcome)])
    func `is a 304 for what is stored, or for something else`(lines: [String], expected: RevalidationRule.Outcome)
        throws
    {
        #expect(try outcome(304, lines) == expected)
    }

    @Test(
        arguments: [
            ([modified], RevalidationRule.Outcome.freshen),
            (["Last-Modified: Wednesday, 01-Jan-20 00:00:00 GMT"], .freshen),
            (["Last-Modified: Thu, 02 Jan 2020 00:00:00 GMT"], .refetch), (["Last-Modified: x"], .refetch),
            (["ETag: \"a\""], .refetch), ([], .freshen),
        ] as [([String], RevalidationRule.Outcome)])
    func `is compared by date where there was no tag`(lines: [String], expected: RevalidationRule.Outcome) throws {
        #expect(try outcome(304, lines, stored: [modified]) == expected)
    }

    @Test(arguments: [200, 203, 301, 403, 404, 410, 412])
    func `takes the place of what is stored`(status: Int) throws { #expect(try outcome(status) == .replace) }

    @Test(arguments: [408, 429, 500, 502, 503, 504, 501, 599])
    func `says nothing of what is stored`(status: Int) throws { #expect(try outcome(status) == .passOn) }

    /// RFC 5861 §4.
    @Test(
        arguments: [
            (500, RevalidationRule.Outcome.serveStale), (502, .serveStale), (503, .serveStale), (504, .serveStale),
            (501, .passOn), (505, .passOn), (429, .passOn), (404, .replace),
        ] as [(Int, RevalidationRule.Outcome)])
    func `is hidden by stale-if-error where it is an error`(status: Int, expected: RevalidationRule.Outcome) throws {
        #expect(try outcome(status, control: "max-age=2, stale-if-error=60") == expected)
        #expect(try outcome(503, control: "max-age=2, stale-if-error=60", after: 62) == .passOn)
    }

    @Test func `is hidden where the client asks for that`() throws {
        let asked = ["Cache-Control: stale-if-error=5"]
        #expect(try outcome(500, after: 7, request: asked) == .serveStale)
        #expect(try outcome(500, after: 8, request: asked) == .passOn)
        #expect(try outcome(500, control: "max-age=2, must-revalidate", request: asked) == .passOn)
    }
}

@Suite struct `An upstream that can't be reached (RFC 9111 §4.2.4)` {
    private func outcome(_ control: String, after: Double = 3) throws -> RevalidationRule.Outcome {
        let life = try lifetime(answer(200, ["Cache-Control: \(control)", "ETag: \"a\""]))
        return RevalidationRule.outcome(of: .disconnected, life, at: later(after), .none)
    }

    @Test func `leaves the stale response to be served`() throws {
        #expect(try outcome("max-age=2") == .serveStale)
        #expect(try outcome("max-age=2", after: 602) == .passOn)
        #expect(try outcome("max-age=2, stale-if-error=60") == .serveStale)
        #expect(try outcome("max-age=2, stale-if-error=0") == .passOn)
    }

    @Test(arguments: ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=2"])
    func `is told to the client where stale use is forbidden`(directive: String) throws {
        #expect(try outcome("max-age=2, stale-if-error=60, \(directive)") == .passOn)
    }

    @Test func `is told apart from an error that it answers`() throws {
        let life = try lifetime(answer(200, ["Cache-Control: max-age=2"]))
        #expect(RevalidationRule.outcome(of: .status(503), life, at: later(3), .none) == .passOn)
    }
}

@Suite struct `The answer to a HEAD (RFC 9111 §4.3.5)` {
    @Test(
        arguments: [
            (200, ["ETag: \"a\""], HeadRule.Verdict.freshen), (200, ["ETag: \"a\"", "Content-Length: 5"], .freshen),
            (200, ["ETag: \"b\""], .outdated), (200, ["ETag: \"a\"", "Content-Length: 6"], .outdated),
            (200, [modified], .freshen),
            (200, ["Last-Modified: {0}"], .outdated), (200, ["ETag: \"a\"", "Last-Modified: {0}"], .outdated),
            (200, ["Content-Length: 6"], .outdated), (200, ["Content-Length: 5"], .unrelated),
            (410, ["ETag: \"a\""], .outdated),
            (404, [], .outdated), (503, ["ETag: \"b\""], .unrelated), (304, ["ETag: \"b\""], .unrelated),
            (200, ["Content-Length: 5", "ETag: \"\""], .outdated),
        ] as [(Int, [String], HeadRule.Verdict)])
    func `shows whether the stored response to a GET is the present one`(
        status: Int, lines: [String], expected: HeadRule.Verdict
    ) throws {
        var head = try answer(200, lines)
        head.status = status
        #expect(HeadRule.decide(head, try validators(["ETag: \"a\"", modified]), status: 200, length: 5) == expected)
    }
}
