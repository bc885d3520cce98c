import StentModel
import StentPolicy
import Testing

@Suite struct RecordRuleTests {
    private let rule: RecordRule
    private let settings: RecordAsNoteSettings

    init() {
        var settings = RecordAsNoteSettings()
        settings.title = "Screening of patient {id}, {time} ({reference})"
        self.settings = settings
        rule = RecordRule(settings)
    }

    private func facts(
        id: String = "7", author: String = "33", time: WallTime = WallTime(nanoseconds: 1_772_357_459_999_999_999)
    ) -> RecordRule.Facts {
        RecordRule.Facts(
            parameters: [("id", id)], author: Principal(id: author, name: "staff33"), reference: "0123456789ab",
            time: time)
    }

    private func record(_ answer: String, _ facts: RecordRule.Facts? = nil, by rule: RecordRule? = nil) -> String {
        switch (rule ?? self.rule).record(of: Array(answer.utf8), facts ?? self.facts()) {
        case .record(let bytes): String(decoding: bytes, as: UTF8.self)
        case .unreadable(let obstacle): obstacle.rawValue
        }
    }

    /// A member of the record, read.
    private func member(_ name: String, of record: String) throws -> String? {
        let value = try JSONDocument(Array(record.utf8)).root[name: name]
        return value?.string ?? value?.number
    }

    @Test func `the summary comes first, then a line for each result in order`() {
        let record = record(#"{"overall":"abnormal","results":["normal","fracture","normal"]}"#)
        #expect(
            record
                == #"{"title":"Screening of patient 7, 2026-03-01 09:30 UTC (0123456789ab)","#
                + #""body":"abnormal\n1. normal\n2. fracture\n3. normal","patient_id":7,"staff_id":33}"#)
    }

    @Test func `a screening without images is its summary`() throws {
        #expect(try member("body", of: record(#"{"results":[],"overall":"normal"}"#)) == "normal")
    }

    @Test func `each result is one line, whatever it holds, and nothing else of it changes`() throws {
        let text = #"a\nb\r\nc\u2028d\u2029e\u0085f\tg\u0000h\u007fi "quoted" \\ é 犬 \ud83d\ude00"#
        let escaped = text.replacing("\"quoted\"", with: #"\"quoted\""#)
        let record = record(#"{"overall":"\#(escaped)","results":["\#(escaped)"]}"#)
        let line = #"a b  c d e f g h i "quoted" \ é 犬 😀"#
        #expect(try member("body", of: record) == "\(line)\n1. \(line)")
    }

    @Test(arguments: [
        ("", RecordRule.Obstacle.notJSON), ("{", .notJSON), (#"{"overall":"a","overall":"b","results":[]}"#, .notJSON),
        ("[]", .noSummary), (#"{"results":[]}"#, .noSummary), (#"{"overall":null,"results":[]}"#, .noSummary),
        (#"{"overall":["a"],"results":[]}"#, .noSummary), (#"{"overall":"a"}"#, .noLines),
        (#"{"overall":"a","results":"b"}"#, .noLines), (#"{"overall":"a","results":{"0":"b"}}"#, .noLines),
        (#"{"overall":"a","results":["b",1]}"#, .noLines), (#"{"overall":"a","results":[null]}"#, .noLines),
    ])
    func `an answer that is no screening is not written down`(answer: String, obstacle: RecordRule.Obstacle) {
        #expect(record(answer) == obstacle.rawValue)
    }

    @Test func `a route without the parameter names no subject`() {
        var facts = facts()
        facts.parameters = [("number", "7")]
        #expect(record(#"{"overall":"a","results":[]}"#, facts) == RecordRule.Obstacle.noSubject.rawValue)
    }

    @Test(arguments: [
        ("0", "0"), ("7", "7"), ("999999999999999999", "999999999999999999"),
        ("1000000000000000000", #""1000000000000000000""#),
        ("07", #""07""#), ("-7", #""-7""#), ("7a", #""7a""#), ("", #""""#), (#"a"b"#, #""a\"b""#), ("٣", #""٣""#),
    ])
    func `an id that is a number is written as one, and every other as a text`(id: String, json: String) {
        let record = record(#"{"overall":"a","results":[]}"#, facts(id: id, author: id))
        #expect(record.hasSuffix(#","patient_id":\#(json),"staff_id":\#(json)}"#))
    }

    @Test(arguments: [
        ("", ""), ("Screening", "Screening"), ("{reference}", "0123456789ab"), ("{id}{id}", "77"), ("{none}", ""),
        ("{", "{"),
        ("}", "}"), ("{id", "{id"), ("a}{id}", "a}7"), ("{}", ""),
    ])
    func `the places of the title are filled in`(title: String, expected: String) throws {
        var settings = settings
        settings.title = title
        let record = record(#"{"overall":"a","results":[]}"#, by: RecordRule(settings))
        #expect(try member("title", of: record) == expected)
    }

    @Test(arguments: [
        (0, "1970-01-01 00:00 UTC"), (951_868_799, "2000-02-29 23:59 UTC"), (1_772_357_400, "2026-03-01 09:30 UTC"),
    ])
    func `the time is given to the minute`(seconds: Int64, expected: String) throws {
        var settings = settings
        settings.title = "{time}"
        let record = record(
            #"{"overall":"a","results":[]}"#, facts(time: WallTime(nanoseconds: seconds * 1_000_000_000)),
            by: RecordRule(settings))
        #expect(try member("title", of: record) == expected)
    }

    @Test func `the members are named by the settings`() {
        var settings = settings
        settings.title = "t"
        settings.summary = "said"
        settings.lines = "each"
        settings.titleMember = "name"
        settings.bodyMember = "text"
        settings.subjectMember = "animal"
        settings.authorMember = "by"
        #expect(
            record(#"{"said":"a","each":["b"]}"#, by: RecordRule(settings))
                == #"{"name":"t","text":"a\n1. b","animal":7,"by":33}"#)
    }
}
