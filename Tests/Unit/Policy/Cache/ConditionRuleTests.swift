import StentModel
import StentPolicy
import Testing

@Suite struct `A client's condition on a fresh response (RFC 9111 §4.3.2)` {
    private func decide(_ stored: [String], _ lines: [String], status: Int = 200) throws -> ConditionRule.Verdict {
        ConditionRule.decide(try get(lines).fields, try validators(stored), status: status, now: cachedAt)
    }

    @Test(
        arguments: [
            ("\"abcdef\"", "\"abcdef\""), ("W/\"abcdef\"", "W/\"abcdef\""), ("\"abcdef\"", "W/\"abcdef\""),
            ("W/\"abcdef\"", "\"abcdef\""), ("\"abcdef\"", "\"abcdef\", \"1234\", \"5678\""),
            ("\"abcdef\"", "\"1234\", \"abcdef\", \"5678\""), ("\"abcdef\"", "\"1234\", \"5678\",\"abcdef\""),
            ("\"a,b\"", "\"1,\", \"a,b\""), ("\"a\\\"", "\"a\\\", \"b\""), ("\"a\"", "*"), ("", "*"),
            ("\"ü\"", "\"ü\""),
            ("abcdef", "abcdef"), ("\"a\"", ",, \"a\" ,"), ("\"\"", "\"\""),
        ] as [(String, String)])
    func `is met by a tag of its list`(tag: String, condition: String) throws {
        #expect(try decide(["ETag: \(tag)"], ["If-None-Match: \(condition)"]) == .notModified)
    }

    @Test(
        arguments: [
            ("\"abcdef\"", "\"abcdeF\""), ("\"abcdef\"", "\"1234\""), ("", "\"1\""), ("", ""), ("\"a,b\"", "\"a"),
            ("\"a\"", "\"b, \"a\"\""), ("w/\"a\"", "\"a\""), ("\"a\"", "W/"), ("\"a\"", "\"*\""),
            ("\"abcdef\"", "abcdef"),
        ] as [(String, String)])
    func `is not met by another`(tag: String, condition: String) throws {
        #expect(try decide(["ETag: \(tag)"], ["If-None-Match: \(condition)"]) == .whole)
    }

    @Test func `may stand on several lines`() throws {
        #expect(try decide(["ETag: \"a\""], ["If-None-Match: \"b\"", "If-None-Match: \"a\""]) == .notModified)
    }

    /// RFC 9110 §13.2.2.
    @Test func `is looked for in tags before dates`() throws {
        let stored = ["Last-Modified: {-5000}", "ETag: \"a\""]
        #expect(try decide(stored, ["If-None-Match: \"a\"", "If-Modified-Since: {-6000}"]) == .notModified)
        #expect(try decide(stored, ["If-None-Match: \"b\"", "If-Modified-Since: {-1}"]) == .whole)
    }

    @Test(
        arguments: [
            (["Last-Modified: {-3000}"], "{-3000}", ConditionRule.Verdict.notModified),
            (["Last-Modified: {-3000}"], "{-2000}", .notModified), (["Last-Modified: {-3000}"], "{-3001}", .whole),
            (["Last-Modified: Tuesday, 05-Jan-21 00:00:00 GMT"], "Tue Jan  5 00:00:00 2021", .notModified),
            (["Last-Modified: {-3000}"], "Saturday, 21-Nov-26 00:00:00 GMT", .notModified),
            (["Last-Modified: {-3000}"], "yesterday", .whole), (["Date: {0}"], "{0}", .notModified),
            (["Date: {0}"], "{-3000}", .whole), ([], "{-1}", .whole), ([], "{0}", .notModified),
        ] as [([String], String, ConditionRule.Verdict)])
    func `compares dates, by Date where there was no last change`(
        stored: [String], since: String, expected: ConditionRule.Verdict
    ) throws {
        #expect(try decide(stored, ["If-Modified-Since: \(since)"]) == expected)
    }

    @Test func `counts for good responses only, and for one date`() throws {
        #expect(try decide(["ETag: \"a\""], ["If-None-Match: \"a\""], status: 404) == .whole)
        #expect(try decide([], ["If-Modified-Since: {5}", "If-Modified-Since: {5}"]) == .whole)
        #expect(try decide(["ETag: \"a\""], []) == .whole)
    }

    /// RFC 9110 §15.4.5.
    @Test func `is answered without what describes content`() {
        let hidden: [FieldName] = [.contentType, .contentLength, .contentEncoding, .contentRange]
        for field in FieldName.allCases { #expect(StoredFields.isOfNotModified(field) == !hidden.contains(field)) }
    }
}

@Suite struct `A range of a complete response (RFC 9110 §14)` {
    private func decide(
        _ lines: [String], stored: [String] = [], status: Int = 200, length: Int = 11, method: String = "GET"
    ) throws -> RangeRule.Verdict {
        let head = try requestHead(lines: ["\(method) / HTTP/1.1", "Host: a"] + lines.map(dated))
        return RangeRule.decide(head, try validators(stored), status: status, length: length, now: cachedAt)
    }

    @Test(
        arguments: [
            ("bytes=0-1", RangeRule.Verdict.part(0..<2)), ("bytes=1-", .part(1..<11)), ("bytes=-1", .part(10..<11)),
            ("BYTES=0-0", .part(0..<1)), ("bytes=10-99", .part(10..<11)), ("bytes=-99", .part(0..<11)),
            ("bytes=0-99999999999999999999999", .part(0..<11)), ("bytes=-99999999999999999999999", .part(0..<11)),
            ("bytes=11-", .unsatisfiable), ("bytes=11-12", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable), ("bytes=0-1,3-4", .whole), ("bytes=5-4", .whole),
            ("bytes=", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=1", .whole),
            ("bytes=0-1-2", .whole),
            ("lines=0-1", .whole), ("bytes 0-1", .whole), ("bytes=+1-2", .whole), ("bytes=1 - 2", .whole),
        ] as [(String, RangeRule.Verdict)])
    func `is given where it is one`(range: String, expected: RangeRule.Verdict) throws {
        #expect(try decide(["Range: \(range)"]) == expected)
    }

    @Test func `is given of a 200 to a GET alone, and of one field`() throws {
        let range = "Range: bytes=0-1"
        #expect(try decide([range], status: 404) == .whole)
        #expect(try decide([range], method: "HEAD") == .whole)
        #expect(try decide([range, "Range: bytes=2-3"]) == .whole)
        #expect(try decide([range], length: 0) == .whole)
        #expect(try decide([]) == .whole)
    }

    /// RFC 9110 §13.1.5.
    @Test(
        arguments: [
            (["ETag: \"a\""], "\"a\"", RangeRule.Verdict.part(0..<2)), (["ETag: W/\"a\""], "W/\"a\"", .whole),
            (["ETag: \"a\""], "\"b\"", .whole), (["ETag: \"a\""], "a", .whole), ([], "\"a\"", .whole),
            (["Last-Modified: {-3000}"], "{-3000}", .part(0..<2)), (["Last-Modified: {-3000}"], "{-2000}", .whole),
            (["Last-Modified: {-3}"], "{-3}", .whole), ([], "{-3000}", .whole), (["ETag: a"], "a", .whole),
        ] as [([String], String, RangeRule.Verdict)])
    func `is given only of what If-Range names`(stored: [String], condition: String, expected: RangeRule.Verdict) throws
    {
        #expect(try decide(["Range: bytes=0-1", "If-Range: \(condition)"], stored: stored) == expected)
    }

    @Test(
        arguments: [
            (RangeRule.Verdict.part(0..<2), "bytes 0-1/11"), (.part(10..<11), "bytes 10-10/11"),
            (.unsatisfiable, "bytes */11"),
        ] as [(RangeRule.Verdict, String)])
    func `is told in Content-Range`(verdict: RangeRule.Verdict, expected: String) {
        #expect(written { RangeRule.appendContentRange(verdict, length: 11, to: &$0) } == expected)
    }
}
