import Foundation
import StentAudit
import StentModel
import Testing

@Suite struct AuditLineTests {
    @Test func `a plain exchange is one line with its keys in order`() throws {
        let head = head(
            target: "/hospitals/12/patients?hospital_id=12",
            fields: [
                (.host, "hosp.example"), (.authorization, "Basic c3RhZmYxOnNlY3JldDE="), (.userAgent, "curl/8.5.0"),
            ])
        #expect(
            try line(answeredRecord(), head) == """
                {"v":2,"time":"2026-01-01T00:00:00.123456Z","phase":"outcome","event":"exchange",\
                "id":"01955c7a-9e31-7001-8123-456789abcdef","listener":"https","protocol":"HTTP/1.1",\
                "client":"203.0.113.7","peer_port":53122,"method":"GET","host":"hosp.example","route":"patients",\
                "path":"/hospitals/12/patients","agent":"curl/8.5.0","status":200,"reason":"exchange.answered",\
                "bytes_in":0,"bytes_out":1024,"duration_ms":2.345,"queue_ms":0.000,"backoff_ms":0.000,\
                "tries":[{"start_ms":0.120,"duration_ms":2.100,"status":200,"reused":true}]}
                """)
    }

    @Test func `a write that failed through a proxy says all that there is to say`() throws {
        var record = answeredRecord()
        record.listener = .http
        record.version = .http10
        record.client = .v6(0x2001_0DB8_0000_0000, 0x0000_0000_0000_0001)
        record.peer = .v4(0x0A00_0002)
        record.status = 502
        record.reason = .upstreamReset
        record.retry = .retryNotIdempotent
        record.outcome = .unknown
        record.bytesIn = 77
        record.queued = .milliseconds(40)
        record.paused = .milliseconds(1_234)
        record.attempts = [
            AttemptRecord(start: .zero, failure: .upstreamConnectFailed),
            AttemptRecord(start: .seconds(1), duration: .seconds(2), failure: .upstreamReset),
        ]
        #expect(
            try line(record, head(method: .post, target: "/notes")) == """
                {"v":2,"time":"2026-01-01T00:00:00.123456Z","phase":"outcome","event":"exchange",\
                "id":"01955c7a-9e31-7001-8123-456789abcdef","listener":"http","protocol":"HTTP/1.0",\
                "client":"2001:db8::1","peer":"10.0.0.2","peer_port":53122,"method":"POST","route":"patients",\
                "path":"/notes","status":502,"reason":"upstream.reset","retry":"retry.not-idempotent",\
                "outcome":"unknown","bytes_in":77,"bytes_out":1024,"duration_ms":2.345,"queue_ms":40.000,\
                "backoff_ms":1234.000,"tries":[{"start_ms":0.000,"duration_ms":0.000,"status":null,\
                "cause":"upstream.connect-failed","reused":false},{"start_ms":1000.000,"duration_ms":2000.000,\
                "status":null,"cause":"upstream.reset","reused":false}]}
                """)
    }

    @Test func `of a head that could not be read nothing is taken`() throws {
        var record = ExchangeRecord()
        record.reason = .requestMalformedLine
        let head = head(target: "/secret", fields: [(.host, "h"), (.userAgent, "a")])
        #expect(
            try line(record, head) == """
                {"v":2,"time":"1970-01-01T00:00:00.000000Z","phase":"outcome","event":"exchange",\
                "id":"00000000-0000-0000-0000-000000000000","listener":"http","protocol":"HTTP/1.1","client":null,\
                "peer_port":0,"method":null,"route":null,"path":null,"status":null,\
                "reason":"request.malformed-line","bytes_in":0,"bytes_out":0,"duration_ms":0.000,"queue_ms":0.000,\
                "backoff_ms":0.000,"tries":[]}
                """)
    }

    @Test(arguments: Reason.allCases)
    func `every reason can be written, as reason, as retry, and as cause`(reason: Reason) throws {
        var record = answeredRecord()
        record.reason = reason
        record.retry = reason
        record.attempts = [AttemptRecord(start: .zero, failure: reason)]
        let object = try object(record)
        #expect(object["reason"] as? String == reason.rawValue)
        #expect(object["retry"] as? String == reason.rawValue)
        let tries = object["tries"] as? [[String: Any]]
        #expect(tries?.first?["cause"] as? String == reason.rawValue)
    }

    @Test(arguments: WriteOutcome.allCases)
    func `every outcome can be written`(outcome: WriteOutcome) throws {
        var record = answeredRecord()
        record.outcome = outcome
        #expect(try object(record)["outcome"] as? String == outcome.rawValue)
    }

    @Test(arguments: [
        ("/notes/7?password=secret", nil, "/notes/7"),
        ("/notes/7#password", nil, "/notes/7"),
        ("/notes/7#a?b", nil, "/notes/7"),
        ("?password=secret", nil, "/"),
        ("http://user:secret@hosp/notes/7?x", "/notes/7?x", "/notes/7"),
        ("http://hosp", "", "/"),
        ("*", nil, "*"),
    ])
    func `the path is the target's path alone`(target: String, pathAndQuery: String?, path: String) throws {
        let head = head(method: .options, target: target, pathAndQuery: pathAndQuery)
        #expect(try object(answeredRecord(), head)["path"] as? String == path)
        #expect(try !line(answeredRecord(), head).contains("secret"))
    }

    @Test func `no field but Host and User-Agent leaves a trace`() throws {
        let names = FieldName.allCases.filter { $0 != .host && $0 != .userAgent }
        let head = head(fields: names.map { ($0, "do-not-record") })
        #expect(try !line(answeredRecord(), head).contains("do-not-record"))
    }

    @Test func `a password before the host is left out`() throws {
        let head = head(fields: [(.host, "user:secret@hosp.example:80")])
        #expect(try object(answeredRecord(), head)["host"] as? String == "hosp.example:80")
        #expect(try !line(answeredRecord(), head).contains("secret"))
    }

    @Test func `of a repeated field the first is written`() throws {
        let head = head(fields: [(.host, "first"), (.host, "second"), (.userAgent, "one"), (.userAgent, "two")])
        let object = try object(answeredRecord(), head)
        #expect(object["host"] as? String == "first")
        #expect(object["agent"] as? String == "one")
    }

    @Test func `a method that is not known is written as it came`() throws {
        var head = head(target: "PURGE\"/x")
        head.method = .other
        head.methodText = Slot(0..<6)
        head.pathAndQuery = Slot(6..<8)
        #expect(try object(answeredRecord(), head)["method"] as? String == "PURGE\"")
    }

    @Test func `an accepted id is written as the client sent it`() throws {
        var record = answeredRecord()
        let head = head(target: "/", fields: [(.xRequestID, "abc-\"123")])
        let slot = try #require(head.fields.first(.xRequestID)?.value)
        record.id = .accepted(slot)
        #expect(try object(record, head)["id"] as? String == "abc-\"123")
    }

    @Test func `slots that lie outside the head are written as empty`() throws {
        var record = answeredRecord()
        record.id = .accepted(Slot(offset: 90, length: 9))
        var head = head(method: .other, target: "/x")
        head.methodText = Slot(offset: .max, length: .max)
        head.pathAndQuery = Slot(offset: 1, length: 1_000)
        head.fields.lines = [.host, .userAgent].map {
            FieldLine(name: .empty, value: Slot(offset: 3, length: 9), field: $0, isCanonical: false)
        }
        let object = try object(record, head)
        #expect(object["id"] as? String == "")
        #expect(object["method"] as? String == "")
        #expect(object["path"] as? String == "/")
        #expect(object["agent"] as? String == "")
    }

    @Test func `agent and host are bounded, and a long path says its length`() throws {
        let long = String(repeating: "x", count: 20_000)
        let head = head(target: "/" + long + "?q", fields: [(.host, long), (.userAgent, long)])
        let object = try object(answeredRecord(), head)
        #expect((object["host"] as? String)?.count == 261)
        #expect((object["agent"] as? String)?.count == 200)
        #expect((object["path"] as? String)?.count == 8_192)
        #expect(object["path_bytes"] as? Int == 20_001)
    }

    @Test func `the largest line that anybody can cause stays within its bound`() throws {
        var record = answeredRecord()
        let hostile = [UInt8](repeating: 0x01, count: 70_000)
        let head = head(
            method: .other, target: hostile, fields: [(.host, hostile), (.userAgent, hostile), (.xRequestID, hostile)])
        var wild = head
        wild.methodText = head.target
        record.id = .accepted(try #require(head.fields.first(.xRequestID)?.value))
        record.route = String(repeating: "\"", count: 500)
        record.peerPort = .max
        record.status = .min
        record.bytesIn = .max
        record.bytesOut = .min
        record.duration = TimeSpan(nanoseconds: .max)
        record.queued = TimeSpan(nanoseconds: .min)
        record.paused = TimeSpan(nanoseconds: .max)
        record.attempts = Array(
            repeating: AttemptRecord(
                start: TimeSpan(nanoseconds: .max), duration: TimeSpan(nanoseconds: .max), status: .min,
                failure: .requestNominatedEndToEndField), count: 100)
        let object = try object(record, wild)
        #expect(object["bytes_in"] as? Int == .max)
        #expect(object["bytes_out"] as? Int == .min)
        #expect((object["path"] as? String)?.count == 8_192)
    }

    @Test func `a line goes behind those that are there`() throws {
        var bytes = Array("before\n".utf8)
        AuditLine.append(answeredRecord(), head: head(), to: &bytes)
        AuditLine.append(answeredRecord(), head: head(), to: &bytes)
        let lines = bytes.split(separator: 0x0A)
        #expect(lines.count == 3)
        #expect(lines.first.map(Array.init) == Array("before".utf8))
        #expect(lines[1] == lines[2])
    }

    @Test func `an event is one line with its details in order`() throws {
        let event = EventRecord(
            .auditRotated, time: WallTime(nanoseconds: 1_767_225_600_000_000_000),
            details: [
                .init("segment", .text("a\"b")), .init("bytes", .number(-5)), .init("whole", .flag(true)),
                .init("torn", .flag(false)),
            ])
        var bytes: [UInt8] = []
        AuditLine.append(event, to: &bytes)
        #expect(
            try text(ofLine: bytes) == """
                {"v":2,"time":"2026-01-01T00:00:00.000000Z","event":"audit.rotated","details":\
                {"segment":"a\\"b","bytes":-5,"whole":true,"torn":false}}
                """)
    }

    @Test(arguments: EventRecord.Name.allCases)
    func `every event can be written without details`(name: EventRecord.Name) throws {
        var bytes: [UInt8] = []
        AuditLine.append(EventRecord(name, time: WallTime(nanoseconds: 0)), to: &bytes)
        let text = try text(ofLine: bytes)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["event"] as? String == name.rawValue)
    }
}
