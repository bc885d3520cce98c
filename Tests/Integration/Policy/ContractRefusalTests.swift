import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// What the contract does not allow never reaches HOSP, and says why.
@Suite struct ContractRefusalTests {
    /// Nothing of these reaches HOSP.
    private func refuses(
        _ requests: [String], _ status: Int, _ reason: String, check: (RawMessage) -> Void = { _ in }
    ) async throws {
        try await withReliableStent { stent, hosp async throws in
            for request in requests {
                let answer = try await stent.once(request)
                #expect((answer.status, answer.reason) == (status, reason), "\(request.prefix { $0 != "\r\n" })")
                check(answer)
                let line = try await stent.line(of: answer)
                #expect(line.decisions == [.init("contract", "enforce", "refused", reason)])
                #expect((line.status, line.reason) == (status, reason))
            }
            #expect(try await hosp.arrived == 0)
            let counted = try await stent.decisions("contract", "enforce", "refused", reason)
            #expect(counted == Double(requests.count))
        }
    }

    @Test func `a path that the contract does not have is answered 404, with credentials and without`() async throws {
        let paths = [
            "/wp-login.php", "/notes/5/comments", "/notes/abc", "/notes/05", "/notes/5.xml", "/NOTES",
            "/staffs/you", "/patients/3/screens", "/admin",
        ]
        try await refuses(
            paths.map { request("GET", $0) } + [get("/wp-login.php"), post("/cgi-bin/x", "a=b")], 404,
            "contract.unknown-path")
    }

    @Test(arguments: [
        ("PUT", "/notes", "GET, HEAD, POST"), ("DELETE", "/notes", "GET, HEAD, POST"),
        ("POST", "/notes/5", "GET, HEAD, PUT, PATCH, DELETE"), ("GET", "/patients/3/screen", "POST"),
        ("POST", "/", "GET, HEAD"), ("DELETE", "/staffs/me", "GET, HEAD"), ("OPTIONS", "/notes", "GET, HEAD, POST"),
        ("PROPFIND", "/notes", "GET, HEAD, POST"),
    ])
    func `a method that the path does not have is answered with those that it has`(
        method: String, path: String, allowed: String
    ) async throws {
        try await refuses([request(method, path)], 405, "contract.method-not-allowed") { answer in
            let methods = answer["allow"]?.split(separator: ", ").map(String.init) ?? []
            #expect(Set(methods) == Set(allowed.split(separator: ", ").map(String.init)))
        }
    }

    @Test func `content of another type is answered 415`() async throws {
        let types = [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/x-json",
            "application/vnd.api+json", "application/json; charset=utf-16", "*/*", "",
        ]
        try await refuses(
            types.map { request("POST", "/notes", note(), "Content-Type: \($0)\r\n") }
                + [post("/notes", note(), credentials())], 415, "contract.media-type")
    }

    @Test func `content in a coding is answered 415, and says that none is taken`() async throws {
        try await refuses(
            ["gzip", "br", "identity, gzip"].map { request("POST", "/notes", note(), "Content-Encoding: \($0)\r\n") },
            415, "contract.content-coding"
        ) { #expect($0["accept-encoding"] == "identity") }
    }

    @Test func `content that is not one JSON text is answered 400`() async throws {
        let texts = [
            "{", #"{"title":"a"} x"#, #"{"title":"a","title":"b"}"#, #"{"title":'a'}"#, "\u{FEFF}{}", #"{"a":01}"#,
            "{\"title\":\"\u{01}\"}", #"{"title":"\ud800"}"#, String(repeating: "[", count: 1000),
        ]
        try await refuses(texts.map { request("POST", "/notes", $0) }, 400, "contract.malformed-json")
    }

    @Test func `a query that the contract does not have is refused on a write`() async throws {
        try await refuses(
            [request("POST", "/notes?staff_id=2", note()), request("DELETE", "/notes/5?x=1")], 422,
            "contract.unknown-parameter")
    }

    @Test func `a query with a value that does not fit is refused, on a read too`() async throws {
        try await refuses(
            [request("GET", "/patients?hospital_id=2abc"), request("GET", "/notes?patient_id=1&patient_id=2")], 422,
            "contract.invalid-parameter")
    }

    @Test func `content that does not fit says where, at most twenty times`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let one = try await stent.once(
                request("POST", "/notes", #"{"title":5,"note":{"a/b":1},"patient_id":"3x"}"#))
            #expect((one.status, one.reason) == (422, "contract.invalid-content"))
            #expect(Set(one.problems.map(\.pointer)) == ["/title", "/note", "/patient_id"])
            #expect(one.problems.allSatisfy { !$0.detail.isEmpty })
            let images = (0..<30).map { "\($0)" }.joined(separator: ",")
            let many = try await stent.once(request("POST", "/patients/3/screen", #"{"images":[\#(images)]}"#))
            #expect(many.status == 422)
            #expect(many.problems.map(\.pointer) == (0..<20).map { "/images/\($0)" })
            #expect(try await stent.once(request("POST", "/notes", "[]")).status == 422)
            #expect(try await stent.once(request("POST", "/notes")).reason == "contract.invalid-content")
            #expect(try await hosp.arrived == 0)
        }
    }

    @Test func `content beyond the route's limit is answered 413, announced or not`() async throws {
        try await withReliableStent {
            $0.limits.body = ByteCount(100)
        } _: { stent, hosp async throws in
            let large = note(String(repeating: "x", count: 200))
            let announced = try await stent.once(create(large))
            #expect((announced.status, announced.reason) == (413, "request.body-too-large"))
            let length = String(large.utf8.count, radix: 16)
            let chunked = try await stent.once(
                "POST /notes HTTP/1.1\r\nHost: a\r\n\(credentials())Content-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n\(length)\r\n\(large)\r\n0\r\n\r\n")
            #expect((chunked.status, chunked.reason) == (413, "request.body-too-large"))
            #expect(try await hosp.arrived == 0)
            #expect(try await stent.once(create(note())).status == 201)
        }
    }

    @Test func `to HEAD a refusal has no content`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let connection = try await stent.connect()
            try await connection.send(request("HEAD", "/nope") + request("GET", "/notes/5"))
            let refused = try await connection.answer(toHead: true)
            #expect((refused.status, refused.body) == (404, []))
            #expect(try await connection.answer().recordID == 5)
            #expect(try await hosp.arrived == 1)
            await connection.close()
        }
    }
}
