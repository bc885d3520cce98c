import StentModel
import StentPolicy
import Testing

@Suite struct `What a request wants of a stored response (RFC 9111 §5.2.1)` {
    private let hour = ["Cache-Control: max-age=3600"]

    @Test(
        arguments: [
            ([], Reuse.fresh), (["Cache-Control: nothing-to-see-here", "Pragma: foo"], .fresh),
            (["Cache-Control: max-age=0"], .asked), (["Cache-Control: max-age=1"], .asked),
            (["Cache-Control: max-age=3"], .fresh), (["Cache-Control: min-fresh=3597"], .fresh),
            (["Cache-Control: min-fresh=3598"], .asked), (["Cache-Control: no-cache"], .asked),
            (["Pragma: no-cache"], .asked), (["Cache-Control: no-store"], .fresh),
            (["Cache-Control: only-if-cached"], .fresh),
            (["Cache-Control: only-if-cached, no-cache"], .answered(.gatewayTimeout)),
            (["Cache-Control: only-if-cached, max-age=1"], .answered(.gatewayTimeout)),
        ] as [([String], Reuse)])
    func `is given where it can be: of a fresh one`(lines: [String], expected: Reuse) throws {
        #expect(try Reuse(answer(200, hour), then: lines) == expected)
    }

    @Test(
        arguments: [
            ("max-age=1500", "Age: 2000", "max-stale=1000", Reuse.answered(.staleAsAsked)),
            ("max-age=1500", "Age: 2000", "max-stale=502", .stale),
            ("max-age=1500", "Age: 2000", "max-stale", .answered(.staleAsAsked)),
            ("max-age=1500, must-revalidate", "Age: 2000", "max-stale", .stale),
            ("max-age=1500", "Age: 2000", "max-stale=x", .stale),
            ("s-maxage=1500", "Age: 2000", "max-stale", .stale),
            ("max-age=1500, no-cache", "Age: 0", "max-stale", .stale),
            ("max-age=1500", "Age: 2000", "only-if-cached", .answered(.gatewayTimeout)),
            ("max-age=1500", "Age: 2000", "only-if-cached, max-stale", .answered(.staleAsAsked)),
            ("max-age=3600", "Age: 1800", "max-age=600", .asked),
            ("max-age=1500", "Age: 1000", "min-fresh=1000", .asked),
            ("max-age=1500", "Age: 2000", "min-fresh=1, max-stale", .stale),
            ("max-age=1500", "Age: 2000", "min-fresh=0, max-stale", .stale),
            ("max-age=1, stale-while-revalidate=60", "Age: 0", "max-age=2", .asked),
            ("max-age=1, stale-while-revalidate=60", "Age: 0", "only-if-cached", .answered(.staleWhileRevalidating)),
            ("max-age=1, stale-while-revalidate=60", "Age: 0", "min-fresh=1", .stale),
        ] as [(String, String, String, Reuse)])
    func `is given where it can be: of an aged one`(stored: String, age: String, asked: String, expected: Reuse) throws
    {
        let head = try answer(200, ["Cache-Control: \(stored)", age, "ETag: \"a\""])
        #expect(try Reuse(head, then: ["Cache-Control: \(asked)"]) == expected)
    }

    @Test func `is 504 where nothing is stored, and nothing else will do`() throws {
        let only = RequestCacheControl(try get(["Cache-Control: only-if-cached"]).fields)
        #expect(ReuseRule.decideMiss(.uriMiss, only) == .gatewayTimeout)
        #expect(ReuseRule.decideMiss(.varyMiss, .none) == .revalidate(.varyMiss))
    }
}

@Suite struct `What the cache has a say in (RFC 9111 §4)` {
    @Test(
        arguments: [
            (["GET / HTTP/1.1"], ReuseRule.Eligibility.lookUp), (["HEAD / HTTP/1.1"], .lookUp),
            (["POST / HTTP/1.1"], .forward(.method)), (["M-SEARCH / HTTP/1.1"], .forward(.method)),
            (["OPTIONS / HTTP/1.1"], .forward(.method)), (["GET / HTTP/1.1", "Content-Length: 5"], .forward(.bypass)),
            (["GET / HTTP/1.1", "If-Match: \"a\""], .forward(.request)),
            (["GET / HTTP/1.1", "If-Unmodified-Since: x"], .forward(.request)),
            (["GET / HTTP/1.1", "If-None-Match: \"a\"", "Range: bytes=0-"], .lookUp),
        ] as [([String], ReuseRule.Eligibility)])
    func `is what only reads`(lines: [String], expected: ReuseRule.Eligibility) throws {
        #expect(ReuseRule.eligibility(try requestHead(lines: lines + ["Host: a"])) == expected)
    }
}
