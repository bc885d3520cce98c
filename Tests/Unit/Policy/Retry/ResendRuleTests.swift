import StentModel
import StentPolicy
import Testing

private let notes = ResendRule(settings())

private func settings(_ change: (inout ResendSettings) -> Void = { _ in }) -> ResendSettings {
    var settings = ResendSettings(
        verify: RequestTemplate(
            text: "/notes?patient_id={body.patient_id}",
            parts: [.literal("/notes?patient_id="), .body("patient_id")]))
    settings.same = ["title", "body", "patient_id", "staff_id"]
    change(&settings)
    return settings
}

private func expected(_ content: String, of rule: ResendRule = notes) -> ResendRule.Expectation? {
    switch rule.expectation(content: Array(content.utf8)) {
    case .verifiable(let expectation): expectation
    case .unverifiable: nil
    }
}

private func obstacle(_ content: String, of rule: ResendRule = notes) -> ResendRule.Obstacle? {
    switch rule.expectation(content: Array(content.utf8)) {
    case .verifiable: nil
    case .unverifiable(let obstacle): obstacle
    }
}

private func time(_ text: String) throws -> WallTime { try #require(OriginTime(text)).time }

private func examine(
    _ answer: String, sent content: String = Note.content, since: String = "2026-03-01T10:00:00.500Z",
    claimed: Set<String> = [], of rule: ResendRule = notes
) throws -> ResendRule.Finding {
    let expectation = try #require(expected(content, of: rule))
    return rule.examine(
        answer: Array(answer.utf8), expectation: expectation, since: try time(since)
    ) { claimed.contains($0) }
}

/// A time of the first of March 2026, as Rails writes it.
private func written(_ time: WallTime) -> String {
    let milliseconds = time.nanoseconds / 1_000_000 - 1_772_323_200_000
    func padded(_ number: Int64, _ width: Int) -> String {
        String(String(number + 1000).suffix(width))
    }
    return "2026-03-01T\(padded(milliseconds / 3_600_000, 2)):\(padded(milliseconds / 60_000 % 60, 2)):"
        + "\(padded(milliseconds / 1000 % 60, 2)).\(padded(milliseconds % 1000, 3))Z"
}

private enum Note {
    static let content = #"{"title":"a","body":"b","patient_id":2,"staff_id":1}"#

    static func record(
        id: String = "7", created: String = "2026-03-01T10:00:01.000Z",
        fields: String = #""title":"a","body":"b","patient_id":2,"staff_id":1"#
    ) -> String {
        #"{"id":\#(id),\#(fields),"created_at":"\#(created)","url":"http://h/notes/7.json"}"#
    }
}

extension ResendRule.Finding {
    fileprivate var id: String? {
        switch self {
        case .found(let id, _, _): id
        case .absent, .unclear: nil
        }
    }
}

@Suite struct `What a create leads one to expect` {
    @Test func `is a list, a key and the fields that a record of it has`() throws {
        let expectation = try #require(expected(Note.content))
        #expect(String(decoding: expectation.target, as: UTF8.self) == "/notes?patient_id=2")
        #expect(expectation.fields.map(\.name) == ["title", "body", "patient_id", "staff_id"])
        #expect(expectation.fields.map(\.value) == [.string("a"), .string("b"), .number("2"), .number("1")])
    }

    @Test(arguments: [
        (#""a b&c=d/é""#, "a%20b%26c%3Dd%2F%C3%A9"), (#""-._~09azAZ""#, "-._~09azAZ"), ("true", "true"),
        ("1.50", "1.50"),
        (#""\u0000#?%""#, "%00%23%3F%25"),
    ])
    func `has its places filled and encoded as components of a query`(value: String, encoded: String) throws {
        let expectation = try #require(expected(#"{"patient_id":\#(value)}"#))
        #expect(String(decoding: expectation.target, as: UTF8.self) == "/notes?patient_id=\(encoded)")
    }

    @Test(arguments: [
        ("", ResendRule.Obstacle.notJSON), ("note[title]=a", .notJSON), (#"{"patient_id":1,"patient_id":2}"#, .notJSON),
        ("[]", .notAnObject), ("1", .notAnObject), (#"{"patient_id":2,"note":{"title":"a"}}"#, .nested),
        (#"{"patient_id":[2]}"#, .nested), ("{}", .placeEmpty), (#"{"patient_id":null}"#, .placeEmpty),
        (#"{"patient_id":" "}"#, .placeEmpty),
        (#"{"patient_id":"\#(String(repeating: "1", count: 3000))"}"#, .targetTooLong),
        (#"{"patient_id":"\#(String(repeating: "é", count: 600))"}"#, .targetTooLong),
    ])
    func `is nothing where the upstream can't be asked`(content: String, expected: ResendRule.Obstacle) {
        #expect(obstacle(content) == expected)
    }

    @Test func `shares its key with creates of the same content only`() throws {
        let key = try #require(expected(Note.content)).key
        for same in [
            #"{"staff_id":"1","patient_id":"2abc","body":"b","title":"a"}"#,
            #"{"title":"\u0061","body":"b","patient_id":2.0,"staff_id":true,"extra":1}"#,
        ] { #expect(expected(same)?.key == key) }
        for other in [
            #"{"title":"x","body":"b","patient_id":2,"staff_id":1}"#,
            #"{"title":"a","body":"b","patient_id":3,"staff_id":1}"#,
            #"{"title":"a","body":"b","patient_id":2}"#, #"{"title":"b","body":"a","patient_id":2,"staff_id":1}"#,
        ] { #expect(expected(other)?.key != key) }
        let others = ResendRule(settings { $0.verify.parts[0] = .literal("/others?patient_id=") })
        #expect(expected(Note.content, of: others)?.key != key)
    }
}

@Suite struct `Whether a create took effect` {
    @Test func `is told by a record of its fields`() throws {
        let record = Note.record()
        let answer = "[ \(Note.record(id: "8", fields: #""title":"x""#)),\(record)]"
        let start = answer.utf8.count - record.utf8.count - 1
        #expect(
            try examine(answer)
                == .found(
                    id: "7", record: start..<answer.utf8.count - 1, created: try time("2026-03-01T10:00:01.000Z")))
    }

    @Test func `is denied by a list without one`() throws {
        #expect(try examine("[]") == .absent)
        for fields in [
            #""title":"x","body":"b","patient_id":2,"staff_id":1"#,
            #""title":"a","body":"b","patient_id":3,"staff_id":1"#,
            #""title":"a","body":"b","patient_id":2,"staff_id":10"#,
        ] { #expect(try examine("[\(Note.record(fields: fields))]") == .absent) }
    }

    @Test(arguments: [
        ("2026-03-01T10:00:00.499Z", "2026-03-01T10:00:00.500Z", false),
        ("2026-03-01T10:00:00.500Z", "2026-03-01T10:00:00.500Z", true),
        ("2026-03-01T10:00:00.500Z", "2026-03-01T10:00:00.500900Z", true),  // cut to milliseconds
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.999Z", true),  // cut to seconds
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:01.000Z", false),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z", true),
        ("2026-03-01T09:59:59.999-00:01", "2026-03-01T10:00:30.000Z", true),
    ])
    func `is not told by a record from before the first attempt`(created: String, since: String, isFound: Bool) throws {
        let finding = try examine("[\(Note.record(created: created))]", since: since)
        #expect(finding.id == (isFound ? "7" : nil))
        #expect(isFound || finding == .absent)
    }

    /// Without a learned offset, a clock that is further back than the clock skew hides a record that is there: the
    /// setting is the operator's word on that. One that is ahead shows older ones as well.
    @Test(arguments: [(3600, true, true), (-3600, true, false), (-5, true, true), (0, true, true)])
    func `is told on the upstream's clock`(ahead: Int64, learned: Bool, guessed: Bool) throws {
        let now = try time("2026-03-01T10:00:00.250Z").nanoseconds
        func ours(_ milliseconds: Int64) -> WallTime { WallTime(nanoseconds: now + milliseconds * 1_000_000) }
        func theirs(_ milliseconds: Int64) -> WallTime { ours(milliseconds + ahead * 1000) }
        func isFound(_ created: WallTime, _ clock: OriginClock) -> Bool {
            let answer = Array("[\(Note.record(created: written(created)))]".utf8)
            guard let expectation = expected(Note.content) else { return false }
            return notes.examine(
                answer: answer, expectation: expectation, since: clock.earliest(ours(0)), claimed: { _ in false }
            ).id == "7"
        }
        var clock = OriginClock(clockSkew: .seconds(5))
        #expect(isFound(theirs(300), clock) == guessed)
        clock.learn(created: theirs(-2_900), sent: ours(-3_000), received: ours(-2_800))
        #expect(isFound(theirs(0), clock) == learned)
        #expect(!isFound(theirs(-1_000), clock))
    }

    @Test func `is told by the lowest id that no client was given`() throws {
        let answer = "[\(["11", "9", "10"].map { Note.record(id: $0) }.joined(separator: ","))]"
        #expect(try examine(answer).id == "9")
        #expect(try examine(answer, claimed: ["9"]).id == "10")
        #expect(try examine(answer, claimed: ["9", "10"]).id == "11")
        #expect(try examine(answer, claimed: ["9", "10", "11"]) == .absent)
    }

    @Test func `is told by the first one created where ids are no numbers`() throws {
        let later = Note.record(id: #""a""#, created: "2026-03-01T10:00:03Z")
        let earlier = Note.record(id: #""b""#, created: "2026-03-01T10:00:02Z")
        #expect(try examine("[\(later),\(earlier)]").id == "b")
    }

    @Test(arguments: [
        ("", ResendRule.Uncertainty.notJSON), ("[", .notJSON), (#"{"status":500}"#, .notAList), ("null", .notAList),
        ("[null]", .notARecord), ("[\(Note.record(created: "yesterday"))]", .createdUnreadable),
        (#"[{"id":7,"title":"a","body":"b","patient_id":2,"staff_id":1}]"#, .createdUnreadable),
        ("[\(Note.record(id: "null"))]", .idUnreadable), ("[\(Note.record(id: "[7]"))]", .idUnreadable),
        ("[\(Note.record(id: #""""#))]", .idUnreadable),
        ("[\(Note.record(fields: #""title":"a","body":"b","patient_id":2,"staff_id":null"#))]", .coerced),
        ("[\(Note.record(fields: #""title":"a","body":"b","patient_id":2"#))]", .coerced),
        ("[\(Note.record(fields: #""title":"A ","body":"b","patient_id":2,"staff_id":1"#))]", .coerced),
    ])
    func `stays open where the answer does not settle it`(answer: String, expected: ResendRule.Uncertainty) throws {
        #expect(try examine(answer) == .unclear(expected))
    }

    @Test func `is settled by a record that agrees in full, whatever stands beside it`() throws {
        let doubtful = Note.record(id: "3", fields: #""title":"a","body":"b","patient_id":2"#)
        #expect(try examine("[\(doubtful),\(Note.record())]").id == "7")
        #expect(try examine("[\(doubtful)]", claimed: ["3"]) == .absent)
        #expect(try examine("[\(doubtful)]", since: "2026-03-01T10:00:02Z") == .absent)
    }

    @Test func `is found again by its own answer`() throws {
        let created = notes.created(in: Array(Note.record().utf8))
        #expect(created?.id == "7")
        #expect(created?.created == (try time("2026-03-01T10:00:01Z")))
        for answer in ["", "[]", "{}", #"{"id":7}"#, #"{"id":7,"created_at":7}"#, "[\(Note.record())]"] {
            #expect(notes.created(in: Array(answer.utf8)) == nil)
        }
    }

    @Test func `survives a thousand mutations of what is sent and answered`() throws {
        let list = Array("[\(Note.record(id: "8")),\(Note.record())]".utf8)
        let content = Array(Note.content.utf8)
        let known = try #require(expected(Note.content))
        for round in 0..<1000 {
            var random = SeededRandom(seed: UInt64(round))
            func mutated(_ bytes: [UInt8]) -> [UInt8] {
                var bytes = bytes
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    let other = bytes[Int.random(in: 0..<bytes.count, using: &random)]
                    if random.once(in: 2) { bytes[place] = other } else { bytes.insert(other, at: place) }
                }
                return bytes
            }
            _ = notes.examine(
                answer: mutated(list), expectation: known, since: WallTime(nanoseconds: .min)
            ) { _ in false }
            _ = notes.expectation(content: mutated(content))
        }
    }
}
