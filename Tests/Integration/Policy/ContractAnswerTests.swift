import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// Answers are passed on whatever they are; where they differ from the contract, operators see it.
@Suite struct ContractAnswerTests {
    private static let good =
        #"{"id":7,"title":"t","body":"b","patient_id":3,"staff_id":1,"created_at":"2026-01-01T00:00:00.000Z","#
        + #""updated_at":"2026-01-01T00:00:00.000Z","url":"http://a/notes/7.json"}"#

    private static func answering(_ content: String, type: String = "application/json", status: String = "200 OK")
        -> ScriptedUpstream.Script
    {
        { connection, _ in
            while true {
                _ = try await connection.message(within: .seconds(600))
                try await connection.send(
                    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
                )
            }
        }
    }

    private func differs(
        _ script: @escaping ScriptedUpstream.Script, _ target: String, operation: String, pointer: String,
        times: Int = 2
    ) async throws {
        try await withRuledStent(before: script) { stent async throws in
            for _ in 0..<times {
                let answer = try await stent.once(request("GET", target))
                #expect(answer.reason == nil)
                let line = try await stent.line(of: answer)
                #expect(line.reason == "exchange.answered")
                #expect(line.decisions?.last == .init("contract", "report", "refused", "contract.invalid-answer"))
            }
            let metric = "stent_contract_answers_differing_total{operation=\"\(operation)\"}"
            #expect(try await stent.metric(metric) == Double(times))
            let findings = try #require(try await stent.status()["answers_differing"] as? [[String: Any]])
            #expect(findings.map { $0["operation"] as? String } == [operation])
            #expect(findings.map { $0["pointer"] as? String } == [pointer])
            #expect(findings.map { $0["count"] as? Int } == [times])
            #expect((findings.first?["problem"] as? String)?.isEmpty == false)
        }
    }

    @Test func `a member of another type is told with its place`() async throws {
        let odd = Self.good.replacing(#""title":"t""#, with: #""title":null"#)
        try await differs(Self.answering(odd), "/notes/7", operation: "GET /notes/{id}", pointer: "/title")
    }

    @Test func `the records of a list differ at one place, not at each of theirs`() async throws {
        let odd = Self.good.replacing(#""title":"t""#, with: #""title":null"#)
        try await differs(
            Self.answering("[\(Self.good),\(odd)]"), "/notes", operation: "GET /notes", pointer: "/*/title")
    }

    @Test func `a status that the contract does not know is told`() async throws {
        try await differs(
            Self.answering("{}", status: "418 Teapot"), "/notes/7", operation: "GET /notes/{id}", pointer: "")
    }

    @Test func `an answer as agreed is not told`() async throws {
        try await withRuledStent(before: Self.answering(Self.good)) { stent async throws in
            let answer = try await stent.once(request("GET", "/notes/7"))
            #expect(answer.text == Self.good)
            #expect(try await stent.line(of: answer).decisions == nil)
            #expect((try await stent.status()["answers_differing"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `with responses off nobody looks`() async throws {
        try await withRuledStent(before: Self.answering("{}")) {
            $0.contract?.responses = .off
        } _: { stent async throws in
            let answer = try await stent.once(request("GET", "/notes/7"))
            #expect(try await stent.line(of: answer).decisions == nil)
            #expect((try await stent.status()["answers_differing"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `all of HOSP's answers are as its contract says`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let id = try #require(try await stent.once(create(note())).recordID)
            for asked in [
                get("/"), request("GET", "/hospitals"), request("GET", "/staffs/me"),
                request("GET", "/patients?hospital_id=1"),
                request("GET", "/notes/\(id)"), request("GET", "/notes/9999"), create("/notes", "{}"),
                request("PATCH", "/notes/\(id)", #"{"title":"b"}"#), request("DELETE", "/notes/\(id)"),
                create("/patients/3/screen", #"{"images":["a","b"]}"#), create("/hospitals", #"{"name":"H"}"#),
                request("GET", "/notes").replacing(credentials(), with: "Authorization: \(basic("a:b"))\r\n"),
            ] {
                _ = try await stent.once(asked)
            }
            #expect((try await stent.status()["answers_differing"] as? [Any])?.isEmpty == true)
        }
    }
}
