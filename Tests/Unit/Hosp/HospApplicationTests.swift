import HospKit
import Testing

@Suite struct HospApplicationTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_123)
    /// staff1:secret1
    private let basic = (name: "Authorization", value: "Basic c3RhZmYxOnNlY3JldDE=")

    private func ask(
        _ application: inout Application, _ method: String, _ target: String, _ json: String? = nil,
        as credentials: (name: String, value: String)? = (name: "Authorization", value: "Basic c3RhZmYxOnNlY3JldDE="),
        _ more: [(name: String, value: String)] = []
    ) -> Answer {
        var fields = [(name: "Host", value: "hosp.example:81")] + more
        if let credentials { fields.append(credentials) }
        if json != nil { fields.append((name: "Content-Type", value: "application/json")) }
        let request = HospRequest(method: method, target: target, fields: fields, body: [UInt8]((json ?? "").utf8))
        let route = Route(method: Parameters.effectiveMethod(of: request), target: target)
        return application.respond(to: request, route: route, now: now)
    }

    private func value(_ answer: Answer) throws -> JSONValue {
        try JSONReader.read(answer.body)
    }

    private let good = #"{"title":"t","body":"b","patient_id":3,"staff_id":1}"#

    @Test func `a created record is answered whole, with its place`() throws {
        var application = Application()
        let answer = ask(&application, "POST", "/notes", good)
        #expect(answer.status == 201)
        #expect(answer["Location"] == "http://hosp.example:81/notes/81")
        #expect(answer.commit == .init(kind: .created, resource: .notes, id: 81))
        #expect(
            try value(answer)
                == .object([
                    "id": .integer(81), "title": .string("t"), "body": .string("b"), "patient_id": .integer(3),
                    "staff_id": .integer(1), "created_at": .string("2027-01-15T08:00:00.123Z"),
                    "updated_at": .string("2027-01-15T08:00:00.123Z"),
                    "url": .string("http://hosp.example:81/notes/81.json"),
                ]))
        #expect(try value(ask(&application, "GET", "/notes/81")) == value(answer))
    }

    @Test func `URLs follow X-Forwarded-Proto and the Host as received`() throws {
        var application = Application()
        let answer = ask(&application, "GET", "/notes/7", nil, as: basic, [("X-Forwarded-Proto", "https")])
        #expect(try value(answer)["url"] == .string("https://hosp.example:81/notes/7.json"))
    }

    @Test func `a record changes by PATCH and PUT and goes by DELETE`() throws {
        var application = Application()
        #expect(try value(ask(&application, "PATCH", "/notes/5", #"{"title":"x"}"#))["title"] == .string("x"))
        #expect(ask(&application, "PUT", "/notes/5.json", #"{"note":{"title":"y"}}"#).status == 200)
        #expect(try value(ask(&application, "GET", "/notes/5"))["title"] == .string("y"))
        let gone = ask(&application, "DELETE", "/notes/5")
        #expect(gone.status == 204 && gone.body.isEmpty)
        #expect(ask(&application, "GET", "/notes/5").status == 404)
        #expect(ask(&application, "DELETE", "/notes/5").status == 404)
    }

    @Test(arguments: [
        ("GET", "/notes/999", nil, 404, #"{"status":404,"error":"Not Found"}"#),
        ("PATCH", "/notes/999", "{}", 404, #"{"status":404,"error":"Not Found"}"#),
        ("POST", "/patients/999/screen", #"{"images":["a"]}"#, 404, #"{"status":404,"error":"Not Found"}"#),
        ("POST", "/notes", "{", 400, #"{"status":400,"error":"Bad Request"}"#),
        ("POST", "/notes", "{}", 400, #"{"status":400,"error":"Bad Request"}"#),
        ("POST", "/notes", "[1]", 400, #"{"status":400,"error":"Bad Request"}"#),
        ("POST", "/patients/1/screen", "{}", 400, #"{"status":400,"error":"Bad Request"}"#),
        ("POST", "/hospitals", #"{"name":""}"#, 422, #"{"name":["can't be blank"]}"#),
    ])
    func `a refusal has its status and its body`(
        method: String, target: String, body: String?, status: Int, expected: String
    ) {
        var application = Application()
        let answer = ask(&application, method, target, body)
        #expect(answer.status == status)
        #expect(String(decoding: answer.body, as: UTF8.self) == expected)
        #expect(answer.commit == nil)
    }

    @Test(arguments: [
        nil, "Basic", "Basic ", "Basic ????", "Basic c3RhZmYx", "Bearer c3RhZmYxOnNlY3JldDE=",
        "Basic c3RhZmYxOnNlY3JldDI=", "c3RhZmYxOnNlY3JldDE=",
    ])
    func `without good credentials the answer is 401`(authorization: String?) {
        var application = Application()
        let answer = ask(
            &application, "GET", "/notes", nil, as: authorization.map { (name: "Authorization", value: $0) })
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] == #"Basic realm="Application""#)
        #expect(String(decoding: answer.body, as: UTF8.self) == "HTTP Basic: Access denied.\n")
    }

    @Test func `credentials are read liberally`() {
        var application = Application()
        for value in ["basic c3RhZmYxOnNlY3JldDE=", "Basic c3RhZmYxOnNlY3JldDE", "Basic c3Rh-ZmYx.OnNlY3JldDE=="] {
            #expect(ask(&application, "GET", "/notes/1", nil, as: (name: "authorization", value: value)).status == 200)
        }
    }

    @Test func `the root needs no credentials, and an unknown path is 500 before it is 401`() {
        var application = Application()
        let root = ask(&application, "GET", "/", nil, as: nil)
        #expect(root.status == 200 && root.body == [UInt8]("Server is online.".utf8))
        let probe = ask(&application, "GET", "/.env", nil, as: nil)
        #expect(probe.status == 500 && probe.body.count == 1635)
        #expect(ask(&application, "POST", "/notes", "{", as: nil).status == 400)
    }

    @Test func `who asks for JSON gets the 500 as JSON`() {
        var application = Application()
        let answer = ask(&application, "GET", "/.env", nil, as: nil, [("Accept", "application/json")])
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"status":500,"error":"Internal Server Error"}"#)
    }

    @Test func `a new member of staff can log in, change the password, and never sees it in an answer`() throws {
        var application = Application()
        // ann:first and ann:second
        let first = (name: "Authorization", value: "Basic YW5uOmZpcnN0")
        let second = (name: "Authorization", value: "Basic YW5uOnNlY29uZA==")
        let made = ask(&application, "POST", "/staffs", #"{"name":"ann","hospital_id":1,"password":"first"}"#)
        #expect(made.status == 201)
        let me = ask(&application, "GET", "/staffs/me", nil, as: first)
        #expect(try value(me)["id"] == .integer(41))
        #expect(ask(&application, "PATCH", "/staffs/41", #"{"password":"second"}"#, as: first).status == 200)
        #expect(ask(&application, "GET", "/staffs/me", nil, as: first).status == 401)
        #expect(ask(&application, "GET", "/staffs/me", nil, as: second).status == 200)
        for answer in [made, me, ask(&application, "GET", "/staffs")] {
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(!text.contains("password") && !text.contains("first") && !text.contains("secret"))
        }
    }

    @Test(arguments: [
        ("/patients?hospital_id=2", "hospital_id", [2]), ("/patients?hospital_id=2abc", "hospital_id", [2]),
        ("/patients?hospital_id[]=1&hospital_id[]=3", "hospital_id", [1, 3]),
        ("/notes?patient_id=8", "patient_id", [8]),
        ("/patients?hospital_id=", "hospital_id", [1, 2, 3]), ("/patients.json?x=1", "hospital_id", [1, 2, 3]),
    ])
    func `a list can be narrowed`(target: String, field: String, expected: [Int]) throws {
        var application = Application()
        let records = try #require(try value(ask(&application, "GET", target)).array)
        #expect(Set(records.compactMap { $0[field]?.integer }) == Set(expected))
        let ids = records.compactMap { $0["id"]?.integer }
        #expect(ids == ids.sorted(by: >))
    }

    @Test func `screening has one result for each image, in order, and the same image has the same result`() throws {
        var application = Application()
        let answer = try value(ask(&application, "POST", "/patients/1/screen", #"{"images":["a","b","c","a"]}"#))
        let results = try #require(answer["results"]?.array)
        #expect(results.count == 4 && results[0] == results[3])
        let swapped = try value(ask(&application, "POST", "/patients/2/screen", #"{"images":["b","a"]}"#))
        #expect(swapped["results"]?.array == [results[1], results[0]])
        #expect(answer["overall"]?.string != nil)
        #expect(application.store.count(.notes) == 80)
    }
}
