import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// `report` lets everything through as it came and says what it would have refused; `off` does not look.
@Suite struct ContractModeTests {
    /// Requests that an enforced contract refuses, or changes, and what it says of them.
    private static let odd: [(request: String, policy: String, reason: String)] = [
        (request("GET", "/nope"), "contract", "contract.unknown-path"),
        (request("PUT", "/notes", "{}"), "contract", "contract.method-not-allowed"),
        (request("DELETE", "/notes/5?x=1", as: Seeded.author), "contract", "contract.unknown-parameter"),
        (request("GET", "/patients?hospital_id=2abc"), "contract", "contract.invalid-parameter"),
        (
            request(
                "POST", "/notes", "title=t&body=b&patient_id=3&staff_id=1",
                "Content-Type: application/x-www-form-urlencoded\r\n"),
            "contract", "contract.media-type"
        ),
        (
            request("POST", "/notes", #"{"title":"t","title":"u","body":"b","patient_id":3,"staff_id":1}"#), "contract",
            "contract.malformed-json"
        ),
        (
            request("POST", "/notes", #"{"title":"t","body":"b","patient_id":3,"staff_id":1,"note":{"title":"w"}}"#),
            "contract", "contract.invalid-content"
        ),
        (get("/notes"), "identity", "identity.missing"),
        (get("/notes", "Authorization: Basic x\r\n"), "identity", "identity.malformed"),
    ]

    @Test func `in report mode all goes through as it came, and the trail says what would not have`() async throws {
        let twin = try await HospServer.start(HospOptions(timeScale: 0))
        do {
            try await withReliableStent {
                $0.onlyReport()
                // HOSP's own answer to an odd request may be a 500, which is not worth another try here.
                $0.retry.attempts = 1
            } _: { stent, hosp async throws in
                for odd in Self.odd {
                    let answer = try await stent.once(odd.request)
                    let straight = try await twin.ask(odd.request)
                    #expect(answer.status == straight.status, "\(odd.reason)")
                    let line = try await stent.line(of: answer)
                    #expect(
                        line.decisions?.contains(.init(odd.policy, "report", "refused", odd.reason)) == true,
                        "\(odd.reason): \(line)")
                    #expect(
                        try await stent.decisions(odd.policy, "report", "refused", odd.reason) == 1, "\(odd.reason)")
                    #expect(try await stent.decisions(odd.policy, "enforce", "refused", odd.reason) == 0)
                }
                let through = try await hosp.arrivals().filter { $0.target != "/staffs/me" }
                let straight = try await twin.arrivals()
                #expect(through.map(\.target) == straight.map(\.target))
                #expect(through.map(\.bodyFingerprint) == straight.map(\.bodyFingerprint))
                #expect(try await hosp.records().all(.notes).count == (try await twin.records().all(.notes).count))
            }
            try await twin.stop()
        } catch {
            try? await twin.stop()
            throw error
        }
    }

    @Test func `in report mode the spelling of a good request is not touched`() async throws {
        try await withReliableStent {
            $0.onlyReport()
        } _: { stent, hosp async throws in
            let spelled = #"{ "title":"\u0041", "body":"b", "patient_id":3, "staff_id":1, "extra":[1 , 2] }"#
            #expect(try await stent.once(create("/notes.json?", spelled)).status == 201)
            let arrival = try #require(try await hosp.arrived("POST").first)
            #expect(arrival.target == "/notes.json?")
            #expect(arrival.bodyFingerprint == Fingerprint(Array(spelled.utf8)))
        }
    }

    @Test func `a contract that is off is not asked, and nobody is asked who is calling`() async throws {
        try await withReliableStent {
            $0.contract?.requests = .off
            $0.notes.mode = .off
            $0.staffs.mode = .off
            $0.retry.attempts = 1
        } _: { stent, hosp async throws in
            for odd in Self.odd {
                let line = try await stent.line(of: try await stent.once(odd.request))
                #expect(line.decisions == nil)
                #expect(line.listener == "http")
            }
            #expect(try await hosp.asked("GET /staffs/me") == 0)
            #expect(try await hosp.arrived == Self.odd.count)
            #expect(try await !stent.admin("/metrics").text.contains("stent_policy_decisions_total{"))
        }
    }

    @Test func `a route may have a mode of its own`() async throws {
        try await withReliableStent { settings in
            for index in settings.routes.indices where settings.routes[index].match.text == "POST /hospitals" {
                settings.routes[index].contract = .report
            }
            settings.retry.attempts = 1
        } _: { stent, hosp async throws in
            let content = #"{"name":5}"#
            let reported = try await stent.once(create("/hospitals", content))
            #expect(reported.status == 201)
            #expect(
                try await stent.line(of: reported).decisions == [
                    .init("contract", "report", "refused", "contract.invalid-content")
                ])
            let refused = try await stent.once(create("/patients", #"{"name":5,"hospital_id":1}"#))
            #expect((refused.status, refused.reason) == (422, "contract.invalid-content"))
            #expect(try await hosp.asked("POST /patients") == 0)
        }
    }

    @Test func `a route may be off where the others are enforced`() async throws {
        try await withReliableStent { settings in
            for index in settings.routes.indices where settings.routes[index].match.text == "POST /hospitals" {
                settings.routes[index].contract = .off
            }
        } _: { stent, hosp async throws in
            let answer = try await stent.once(create("/hospitals", #"{"name":"Odd","name":"Twice"}"#))
            #expect(answer.status == 201)
            #expect(try await stent.line(of: answer).decisions == nil)
            #expect(try await hosp.asked("GET /staffs/me") == 0)
        }
    }
}
