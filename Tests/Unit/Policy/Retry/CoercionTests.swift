import StentModel
import StentPolicy
import Testing

/// What one field of this value in a request, and of that in a record, make of a verification.
private enum Verdict: Equatable { case found, absent, unclear }

private let rule: ResendRule = {
    var settings = ResendSettings(verify: RequestTemplate(text: "/x", parts: [.literal("/x")]))
    settings.same = ["f"]
    return ResendRule(settings)
}()

private func expected(_ sent: String) -> ResendRule.Expectation? {
    switch rule.expectation(content: Array(#"{"f":\#(sent)}"#.utf8)) {
    case .verifiable(let expectation): expectation
    case .unverifiable: nil
    }
}

private func verdict(_ expectation: ResendRule.Expectation, _ recorded: String) -> Verdict {
    let answer = Array(#"[{"id":1,"f":\#(recorded),"created_at":"2026-03-01T10:00:00.000Z"}]"#.utf8)
    switch rule.examine(
        answer: answer, expectation: expectation, since: WallTime(nanoseconds: 0), claimed: { _ in false })
    {
    case .found: return .found
    case .absent: return .absent
    case .unclear: return .unclear
    }
}

@Suite struct `A value that was sent` {
    @Test(arguments: [
        ("null", "null"), (#""""#, "null"), (#""a""#, #""a""#), ("2", "2"), ("2", "2.0"), ("2.7", "2"), (#""2""#, "2"),
        (#""2abc""#, "2"), (#"" +2_0""#, "20"), (#""-0""#, "0"), ("5", #""5""#), ("1.50", "1.5"), (#""2.5""#, "2.5"),
        ("true", "true"), ("true", "1"), ("true", #""t""#), (#""f""#, "false"), ("0", "false"),
        ("9007199254740993", "9007199254740993"),
        (#""2019-03-04""#, #""2019-03-04""#), (#""2019-03-04T10:00:00Z""#, #""2019-03-04""#),
        (#""2019-03-04""#, #""2019-03-04T00:00:00.000Z""#),
        (#""2019-03-04T11:00:00+01:00""#, #""2019-03-04T10:00:00.000Z""#), (#""\u0061""#, #""a""#),
    ])
    func `is the same as what the upstream makes of it`(sent: String, recorded: String) throws {
        #expect(verdict(try #require(expected(sent)), recorded) == .found)
    }

    @Test(arguments: [
        ("2", "null"), (#""a""#, "null"), ("false", "null"), (#""a""#, "[]"), ("1e3", #""1e3""#), (#""1e3""#, "1000"),
        (#""a""#, #""A""#), (#""a  b""#, #""a b""#), (#""abc""#, "0"), ("2.7", "2.71"), ("2.7", "3"),
        (#""yes""#, "true"), ("1e400", "1"),
        (#""2019-3-4""#, #""2019-03-04""#), (#""4 March 2019""#, #""2019-03-04""#),
        (#""2019-03-04 10:00""#, #""2019-03-04T09:00:00.000Z""#), (#""2019-03-04""#, #""2019-03-03T23:00:00.000Z""#),
        (#""2019-03-04T10:00:00.0019Z""#, #""2019-03-04T10:00:00.002Z""#),
        (#""\#(String(repeating: "x", count: 300))""#, #""\#(String(repeating: "x", count: 255))""#),
    ])
    func `may have been rewritten, which is never taken for absent`(sent: String, recorded: String) throws {
        #expect(verdict(try #require(expected(sent)), recorded) == .unclear)
    }

    @Test(arguments: [
        ("null", #""a""#), ("null", #""""#), ("null", "0"), ("null", "[]"), (#""a""#, #""b""#), ("2", "3"),
        (#""2abc""#, "3"), (#""20""#, "2"),
        ("9007199254740992", "9007199254740993"), ("true", "false"), ("true", "2"), ("5", #""6""#),
        (#""5""#, #""5 a""#), (#""a""#, "5"),
        (#""2019-03-04""#, #""2019-03-05""#), (#""2019-03-04T10:00:00Z""#, #""2019-03-05""#),
        (#""2019-03-04T10:00:00Z""#, #""2019-03-04T10:00:05Z""#), (#""2019-03-04""#, #""2019-03-04 checkup""#),
        (#""""#, #""x""#),
    ])
    func `is told from another`(sent: String, recorded: String) throws {
        #expect(verdict(try #require(expected(sent)), recorded) == .absent)
    }

    /// Else two creates would not take turns, and one find the other's record.
    @Test func `shares its key with every other that the same record could come from`() throws {
        let values = [
            "null", "true", "false", "0", "1", "-0", "-1", "2", "2.0", "2.5", "1e0", "1e3", "1000", "-0.5", "1e15",
            "1000000000000000",
            "999999999999999.9", "12345678901234567", "12345678901234567.5", "1e400", #""""#, #"" ""#, #""1""#,
            #""+1""#, #""01""#, #""1.0""#,
            #""1e3""#, #""2abc""#, #"" 2""#, #""-0.5""#, #""2.5""#, #""true""#, #""t""#, #""f""#, #""yes""#, #""abc""#,
            #""a""#, #""A""#,
            #""2019""#, "2019", #""2019-03-04""#, #""2019-03-04T10:00:00Z""#, #""2019-03-04T11:00:00+01:00""#,
            #""2019-03-04x""#,
            #""2019-03-04T23:30:00-01:00""#, #""2019-03-05""#, #""2019-03-05T00:30:00Z""#, #""2019-3-4""#,
            #""12345678901234567""#,
        ]
        let expectations = try values.map { try #require(expected($0)) }
        for recorded in values {
            let found = expectations.indices.filter { verdict(expectations[$0], recorded) == .found }
            for index in found.dropFirst() {
                #expect(
                    expectations[index].key == expectations[found[0]].key,
                    "\(values[index]) and \(values[found[0]]) as \(recorded)")
            }
        }
    }
}
