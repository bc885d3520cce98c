import StentTrail
import Testing

@Suite struct TrailViewTests {
    private func view(_ line: String) throws -> String {
        LineView(.plain).text(try #require(TrailRecord(Array(line.utf8))))
    }

    @Test func `a line says when, what came of it, how long it took, who asked for what, and what was special`() throws
    {
        #expect(
            try view(Lines.read)
                == "09:30:00.123  200    148ms  staff7 (7)    GET    /patients/12  2 tries (500)  cache miss")
        #expect(
            try view(Lines.refused)
                == "09:31:00.000  403    0.2ms  staff9 (9)    DELETE /notes/12  refused: ownership.not-owner")
        #expect(
            try view(Lines.broken)
                == "10:00:00.000  ---      30s  =cmd          POST   /patients/12/screen  outcome unknown  upstream.reset"
        )
        #expect(try view(Lines.intent) == "09:31:00.000  ...           staff9        DELETE /notes/13  is sent")
        #expect(try view(Lines.event) == "09:32:00.000  audit.rotated  segment audit-1.jsonl, bytes 12")
    }

    @Test func `nothing that a client chose reaches the terminal as a command`() throws {
        let line =
            #"{"phase":"outcome","time":"x\u001b[2J","method":"G\u009b","path":"/\u202e\u0007","actor":{"user":"\u001b]0;t"},"reason":"\u007f","cache":"\n","decisions":[{"result":"refused","reason":"\r"}],"tries":[{"cause":"\u001b"},{}]}"#
        let text = try view(line)
        #expect(
            text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) }
        )
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains("\\u{1b}"))
    }

    @Test func `a status has a colour on a terminal, and none elsewhere`() throws {
        let record = try #require(TrailRecord(Array(Lines.read.utf8)))
        #expect(LineView(.coloured).text(record).contains("\u{1B}[32m200\u{1B}[0m"))
        #expect(!LineView(.plain).text(record).contains("\u{1B}"))
    }

    @Test func `a story tells the tries, the end, and what stent asked for the request`() throws {
        var story = TraceStory(id: "0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20")
        for line in [Lines.own, Lines.read] { story.add(try #require(TrailRecord(Array(line.utf8)))) }
        #expect(
            story.text(.plain) == """
                2026-03-01 09:30:00.123  200    148ms  staff7 (7)    GET    /patients/12  2 tries (500)  cache miss
                  from      203.0.113.7
                  by        staff7 (7)
                  with      curl/8.5.0
                  route     patients
                  cache     miss
                  try 1 at +0.0ms took 41ms: answered 500 - upstream.status
                  try 2 at +103ms after a pause of 61ms took 44ms: answered 200
                  the client was sent 200 after 148ms, 0.0ms of it waiting for its turn, 61ms in pauses: exchange.answered
                stent asked, for it:
                  2026-03-01 09:30:00.100  200    1.0ms  -             GET    /staffs/me  own: identity  id id-4
                """)
    }

    @Test func `an intent without an outcome is said to be one`() throws {
        var story = TraceStory(id: "id-5")
        story.add(try #require(TrailRecord(Array(Lines.intent.utf8))))
        #expect(story.text(.plain).contains("no outcome is in the trail"))
    }
}
