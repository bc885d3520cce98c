import Foundation
import HospKit
import StentTestKit
import Testing

/// What HOSP's users do, through `hosp.yaml` over TLS, beside what HOSP itself answers.
@Suite struct MainJobTests {
    static let credentials = "Basic \(Data("staff1:secret1".utf8).base64EncodedString())"

    /// A HOSP, a stent before it, and a connection to each.
    struct Pair {
        var hosp: HospServer
        var stent: RawConnection
        var direct: RawConnection

        /// Both get the same request, but for what a TLS-terminating proxy adds.
        func both(_ method: String, _ target: String, fields: String = "", body: String? = nil) async throws -> (
            stent: RawMessage, direct: RawMessage
        ) {
            (
                try await stent.exchange(Self.request(method, target, fields, body)),
                try await direct.exchange(Self.request(method, target, "X-Forwarded-Proto: https\r\n\(fields)", body))
            )
        }

        func ask(_ method: String, _ target: String, body: String? = nil) async throws -> RawMessage {
            try await stent.exchange(Self.request(method, target, "", body))
        }

        private static func request(_ method: String, _ target: String, _ fields: String, _ body: String?) -> String {
            let credentials =
                fields.contains("Authorization:") ? "" : "Authorization: \(MainJobTests.credentials)\r\n"
            let content = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
            return "\(method) \(target) HTTP/1.1\r\nHost: hosp.example\r\nAccept: application/json\r\n"
                + "\(credentials)\(fields)\(content)\r\n\(body ?? "")"
        }
    }

    @discardableResult
    private func withPair(_ body: (Pair) async throws -> Void) async throws -> [AuditEntry] {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        let trail = try await withStent("hosp.yaml", upstream: hosp.port) { stent async throws in
            let secure = try await stent.connectSecurely()
            let direct = try await RawConnection.open(port: hosp.port)
            try await body(Pair(hosp: hosp, stent: secure, direct: direct))
            await secure.close()
            await direct.close()
        }
        try await hosp.stop()
        return trail
    }

    @Test(arguments: [
        "/hospitals", "/hospitals.json", "/patients?hospital_id=2", "/notes/7", "/notes/7.json", "/notes?patient_id=3",
        "/staffs/me", "/staffs", "/notes/99999",
    ])
    func `an answer is byte for byte HOSP's own`(target: String) async throws {
        try await withPair { pair async throws in
            let (stent, direct) = try await pair.both("GET", target)
            #expect(stent.status == direct.status)
            #expect(stent.body == direct.body)
            #expect(!stent.body.isEmpty)
            for name in ["Content-Type", "ETag", "Cache-Control", "Vary"] { #expect(stent[name] == direct[name]) }
        }
    }

    @Test func `a note's two spellings are one note`() async throws {
        try await withPair { pair async throws in
            let plain = try await pair.ask("GET", "/notes/7")
            let suffixed = try await pair.ask("GET", "/notes/7.json")
            #expect(plain.status == 200)
            #expect(plain.body == suffixed.body)
            #expect(plain.text.contains(#""url":"https://hosp.example/notes/7.json""#))
        }
    }

    @Test func `a note is created, read, changed and deleted`() async throws {
        let trail = try await withPair { pair async throws in
            let note = #"{"title":"Checkup","body":"All good","patient_id":1,"staff_id":1}"#
            let created = try await pair.ask("POST", "/notes", body: note)
            #expect(created.status == 201)
            let id = try #require(Self.number("id", in: created))
            #expect(created["Location"] == "https://hosp.example/notes/\(id)")
            #expect(created["Stent-Outcome"] == nil)

            let read = try await pair.both("GET", "/notes/\(id)")
            #expect(read.stent.body == created.body)
            #expect(read.direct.body == created.body)

            for (method, title) in [("PATCH", "Changed"), ("PUT", "Changed again")] {
                let changed = try await pair.ask(method, "/notes/\(id)", body: #"{"title":"\#(title)"}"#)
                #expect(changed.status == 200)
                #expect(changed.text.contains(#""title":"\#(title)""#))
                #expect(try await pair.both("GET", "/notes/\(id).json").direct.body == changed.body)
            }
            let deleted = try await pair.ask("DELETE", "/notes/\(id)")
            #expect(deleted.status == 204)
            #expect(deleted.body.isEmpty)
            let gone = try await pair.both("GET", "/notes/\(id)")
            #expect(gone.stent.status == 404)
            #expect(gone.stent.body == gone.direct.body)
            #expect(
                try await pair.hosp.counters().commits == ["created notes": 1, "updated notes": 2, "deleted notes": 1])
        }
        #expect(trail.compactMap(\.outcome) == ["committed", "committed", "committed", "committed"])
        #expect(trail.map(\.status) == [201, 200, 200, 200, 200, 200, 204, 404])
    }

    @Test func `a patient is screened`() async throws {
        try await withPair { pair async throws in
            let images = #"{"images":["aGVsbG8=","d29ybGQ=","c3RlbnQ="]}"#
            let (stent, direct) = try await pair.both("POST", "/patients/1/screen", body: images)
            #expect(stent.status == 200)
            #expect(stent.body == direct.body)
            #expect(stent.text.contains(#""results":["#))
        }
    }

    @Test func `a refused password is HOSP's own 401`() async throws {
        try await withPair { pair async throws in
            let wrong = "Authorization: Basic \(Data("staff1:wrong".utf8).base64EncodedString())\r\n"
            let (stent, direct) = try await pair.both("GET", "/notes", fields: wrong)
            #expect(stent.status == 401)
            #expect(stent.body == direct.body)
            #expect(stent["WWW-Authenticate"] == #"Basic realm="Application""#)
        }
    }

    @Test func `an invalid note is HOSP's own 422, and said to be rejected`() async throws {
        let trail = try await withPair { pair async throws in
            let note = #"{"title":"","body":"x","patient_id":1,"staff_id":1}"#
            let (stent, direct) = try await pair.both("POST", "/notes", body: note)
            #expect(stent.status == 422)
            #expect(stent.body == direct.body)
            #expect(stent["Stent-Outcome"] == "rejected")
        }
        #expect(trail.map(\.outcome) == ["rejected"])
    }

    @Test func `HEAD is answered without content, and the connection stays usable`() async throws {
        try await withPair { pair async throws in
            let (stent, direct) = try await pair.both("HEAD", "/notes/7")
            #expect(stent.status == 200)
            #expect(stent["ETag"] == direct["ETag"])
            #expect(try await pair.ask("GET", "/notes/7").status == 200)
        }
    }

    @Test func `If-None-Match with the current ETag is answered 304`() async throws {
        try await withPair { pair async throws in
            let tag = try #require(try await pair.ask("GET", "/notes/7")["ETag"])
            let (stent, direct) = try await pair.both("GET", "/notes/7", fields: "If-None-Match: \(tag)\r\n")
            #expect(stent.status == 304)
            #expect(stent.body.isEmpty)
            #expect(stent["ETag"] == direct["ETag"])
            #expect(try await pair.ask("GET", "/notes/8").status == 200)
        }
    }

    @Test func `the root needs no password`() async throws {
        try await withPair { pair async throws in
            let request = "GET / HTTP/1.1\r\nHost: hosp.example\r\n\r\n"
            let stent = try await pair.stent.exchange(request)
            #expect(stent.status == 200)
            #expect(stent.text == "Server is online.")
            #expect(stent.body == (try await pair.direct.exchange(request)).body)
        }
    }

    static func number(_ key: String, in message: RawMessage) -> Int? {
        let object = try? JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
        return object?[key] as? Int
    }
}
