import HospKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct HospControlTests {
    private func ask(
        _ hosp: HospServer, _ method: String, _ target: String, _ body: String? = nil
    ) async throws -> (status: Int, json: JSONValue) {
        let client = HospWireClient(port: hosp.controlPort)
        let answer = try #require(HospWireAnswer(try await client.ask(method, target, json: body, user: nil)))
        return (answer.status, try JSONReader.read(answer.body))
    }

    @Test func `a profile is switched by name, bare or quoted, and by object`() async throws {
        try await withHosp { hosp, _ in
            for body in ["faulty", "\"faulty\"\n", #"{"base":"faulty","name":"faulty"}"#] {
                let answer = try await ask(hosp, "PUT", "/profile", body)
                #expect(answer.status == 200 && answer.json["name"] == .string("faulty"))
            }
            let status = try await ask(hosp, "GET", "/status").json
            #expect(status["profile"]?["rates"]?["500-before"] == .double(0.03))
            #expect(status["seed"] == .string("1"))
        }
    }

    @Test func `an outage has begun when the answer to the switch comes`() async throws {
        try await withHosp { hosp, client async throws in  // inference does not look into #expect
            #expect(try await ask(hosp, "PUT", "/profile", "outage").status == 200)
            #expect(try await client.isRefused())
            #expect(try await ask(hosp, "PUT", "/profile", "calm").status == 200)
            #expect(HospWireAnswer(try await client.ask("GET", "/"))?.status == 200)
        }
    }

    @Test func `the next requests that match are spoiled, and no others`() async throws {
        try await withHosp { hosp, client in
            let order = #"{"kind":"500-before","count":2,"method":"GET","path-prefix":"/notes"}"#
            #expect(try await ask(hosp, "POST", "/inject", order).status == 200)
            var statuses: [Int?] = []
            for target in ["/patients/1", "/notes/1", "/notes/2", "/notes/3"] {
                statuses.append(HospWireAnswer(try await client.ask("GET", target))?.status)
            }
            #expect(statuses == [200, 500, 500, 200])
            #expect(try await ask(hosp, "GET", "/counters").json["faults"] == .object(["500-before": .integer(2)]))
        }
    }

    @Test func `arrivals are listed from a number on, and never show a password`() async throws {
        try await withHosp { hosp, client in
            for number in 1...5 { _ = try await client.ask("GET", "/notes/\(number)") }
            let page = try await ask(hosp, "GET", "/arrivals?since=1&limit=2").json
            #expect(page["arrivals"]?.array?.map { $0["target"] } == [.string("/notes/2"), .string("/notes/3")])
            #expect(page["next"] == .integer(3) && page["oldest"] == .integer(0))
            #expect(page["arrivals"]?.array?.first?["user"] == .string("staff1"))
            let reply = try await HospWireClient(port: hosp.controlPort).ask("GET", "/arrivals", user: nil)
            #expect(!reply.text.contains("secret1") && !reply.text.contains(HospWireClient.base64("staff1:secret1")))
        }
    }

    @Test func `records show the state without passwords, and a reset brings the first one back`() async throws {
        try await withHosp { hosp, client in
            _ = try await client.ask("DELETE", "/notes/80")
            let before = try await ask(hosp, "GET", "/records").json
            #expect(before["notes"]?.array?.count == 79 && before["staffs"]?.array?.count == 40)
            #expect(before["staffs"]?.array?.allSatisfy { $0["password"] == nil } == true)
            #expect(try await ask(hosp, "POST", "/reset", #"{"seed":9}"#).json["seed"] == .string("9"))
            #expect(try await ask(hosp, "GET", "/records").json["notes"]?.array?.count == 80)
            let counters = try await hosp.counters()
            #expect(counters.arrived == 0 && counters.commits.isEmpty)
            #expect(try await hosp.arrivals().isEmpty)
        }
    }

    @Test(arguments: [
        ("PUT", "/profile", "sunny", 400, "not JSON"), ("PUT", "/profile", "{\"threads\":0}", 400, "threads must be"),
        ("POST", "/inject", "{\"kind\":\"x\"}", 400, "kind must be one of"), ("POST", "/inject", "{", 400, "not JSON"),
        ("POST", "/reset", "{\"seed\":-1}", 400, "seed must be"), ("POST", "/reset", "[]", 400, "the body must be"),
        ("GET", "/arrivals?since=x", nil, 400, "since must be"),
        ("GET", "/arrivals?form=1", nil, 400, "/arrivals has no"),
        ("POST", "/status", nil, 405, "/status does not take POST"), ("GET", "/nope", nil, 404, "there is no /nope"),
    ])
    func `bad input is refused with a sentence`(
        method: String, target: String, body: String?, status: Int, expected: String
    ) async throws {
        try await withHosp { hosp, _ in
            let answer = try await ask(hosp, method, target, body)
            #expect(answer.status == status)
            #expect(answer.json["error"]?.string?.hasPrefix(expected) == true, "\(answer.json)")
        }
    }
}
