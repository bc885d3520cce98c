import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// What becomes of content that is judged: held, judged, written anew, or left out.
@Suite struct ContractContentTests {
    /// Images that take so many bytes together.
    private static func images(_ bytes: Int, last: String = "\"end\"") -> String {
        let image = "\"" + String(repeating: "A", count: 1021) + "\","
        return #"{"images":["# + String(repeating: image, count: bytes / image.utf8.count) + last + "]}"
    }

    @Test func `what goes upstream is written anew from what was understood`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let sent = """
                { "title" : "\\u0041\\/b", "undeclared": {"staff_id": 9}, "staff_id": 33,
                  "body": "\\ud83d\\udc36 well", "patient_id": 3e0 }
                """.replacing("3e0", with: "3")
            #expect(try await stent.once(request("POST", "/notes.json/", sent)).status == 201)
            let arrival = try #require(try await hosp.arrived("POST").first)
            #expect(arrival.target == "/notes.json")
            let written = #"{"title":"A/b","staff_id":1,"body":"🐶 well","patient_id":3}"#
            #expect(arrival.bodyFingerprint == Fingerprint(Array(written.utf8)))
            #expect(
                arrival.fields.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["application/json"])
        }
    }

    @Test func `a wrapper around everything is taken off, and its note is its caller's`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let wrapped = #"{"note":{"title":"In paper","body":"b","patient_id":3,"staff_id":33}}"#
            #expect(try await stent.once(create(wrapped)).status == 201)
            #expect(try await hosp.notes("In paper").map { $0.number("staff_id") } == [1])
            let plain = #"{"title":"In paper","body":"b","patient_id":3,"staff_id":1}"#
            #expect(try await hosp.arrived("POST").first?.bodyFingerprint == Fingerprint(Array(plain.utf8)))
        }
    }

    @Test func `content that an operation does not take is left out`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let content = #"{"_method":"delete","note":{"staff_id":2}}"#
            for (method, path) in [("GET", "/notes/5"), ("HEAD", "/notes/5"), ("GET", "/"), ("DELETE", "/notes/5")] {
                let answer = try await stent.once(request(method, path, content, as: Seeded.author))
                #expect(answer.status == (method == "DELETE" ? 204 : 200))
                let line = try await stent.line(of: answer)
                #expect(line.decisions?.first == .init("contract", "enforce", "allowed", "contract.content-dropped"))
            }
            let chunked =
                "GET /notes/6 HTTP/1.1\r\nHost: a\r\n\(credentials())Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
            #expect(try await stent.once(chunked).status == 200)
            for arrival in try await hosp.arrivals() {
                #expect(arrival.bodyLength == 0)
                let names = arrival.fields.map { $0.name.lowercased() }
                #expect(!names.contains("content-length") && !names.contains("transfer-encoding"))
                #expect(!names.contains("content-type"))
            }
        }
    }

    @Test func `HEAD is judged and answered as GET is, without its content`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let head = try await stent.once(request("HEAD", "/notes/5.json"))
            #expect((head.status, head.body) == (200, []))
            #expect(head["content-type"] == "application/json; charset=utf-8")
            #expect(try await hosp.arrivals().map { "\($0.method) \($0.target)" } == ["HEAD /notes/5.json"])
        }
    }

    @Test func `load balancers need no credentials to ask whether HOSP is up`() async throws {
        try await withReliableStent { stent, hosp async throws in
            for request in [get("/"), get("/", "Authorization: nonsense\r\n"), "GET / HTTP/1.0\r\n\r\n"] {
                let answer = try await stent.once(request)
                #expect((answer.status, answer.text) == (200, "Server is online."))
            }
            #expect(try await stent.once("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            #expect(try await hosp.arrived == 4)
        }
    }

    @Test func `content that is too large to be judged on the loop is judged all the same`() async throws {
        let bytes = 300 << 10
        try await withReliableStent { stent, hosp async throws in
            let good = Self.images(bytes)
            #expect(try await stent.once(create("/patients/3/screen", good)).status == 200)
            #expect(try await hosp.arrived("POST").first?.bodyFingerprint == Fingerprint(Array(good.utf8)))
            let bad = try await stent.once(create("/patients/3/screen", Self.images(bytes, last: "7")))
            #expect((bad.status, bad.reason, bad.problems.count) == (422, "contract.invalid-content", 1))
            #expect(try await hosp.asked("POST /patients/{id}/screen") == 1)
        }
    }

    @Test func `a client that goes while its content is judged does no harm`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let large = Self.images(300 << 10)
            for _ in 0..<5 {
                let client = try await stent.connect()
                try await client.send(create("/patients/3/screen", large))
                await client.reset()
            }
            #expect(await stent.comesToHave(exchanges: 0))
            #expect(try await stent.once(create("/patients/3/screen", large)).status == 200)
        }
    }

    @Test func `beyond the memory for content that is held, requests with content are refused, and then not any more`()
        async throws
    {
        try await withReliableStent {
            $0.contract?.held = .kibibytes(4)
        } _: { stent, hosp async throws in
            let alone = try await stent.once(create(note(String(repeating: "x", count: 8192))))
            #expect((alone.status, alone.reason) == (503, "admission.memory"))
            #expect(alone["stent-outcome"] == "not-sent" || alone["stent-outcome"] == "rejected")
            #expect(alone["retry-after"] != nil)

            // It holds almost all that there is, so that nothing else fits.
            let slow = try await stent.connect()
            let content = note(String(repeating: "x", count: 4500))
            try await slow.send(create(content).replacing(content, with: content.prefix(4090)))
            #expect(
                await eventually {
                    let other = try await stent.once(create(note("Other")))
                    return (other.status, other.reason) == (503, "admission.memory")
                })
            // What needs no content to be held is served.
            #expect(try await stent.once(request("GET", "/notes/5")).status == 200)
            await slow.close()
            #expect(await eventually { try await stent.once(create(note("Later"))).status == 201 })
            #expect(try await hosp.notes("Other").isEmpty)
        }
    }
}
