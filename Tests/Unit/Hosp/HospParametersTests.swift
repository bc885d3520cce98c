import HospKit
import Testing

@Suite struct HospParametersTests {
    private static let json = "application/json"
    private static let form = "application/x-www-form-urlencoded"

    private func request(
        _ method: String, _ target: String, _ type: String? = nil, _ body: String = "",
        _ more: [(name: String, value: String)] = []
    ) -> HospRequest {
        HospRequest(
            method: method, target: target, fields: (type.map { [("Content-Type", $0)] } ?? []) + more,
            body: [UInt8](body.utf8))
    }

    private func parameters(of request: HospRequest) throws -> Parameters {
        try Parameters(
            of: request,
            route: Route(method: Parameters.effectiveMethod(of: request), target: request.target))
    }

    private func staffID(_ target: String, _ type: String?, _ body: String) throws -> JSONValue? {
        try parameters(of: request("POST", target, type, body)).nested("note")?["staff_id"]
    }

    @Test(arguments: [
        (#"{"staff_id":1}"#, 1), (#"{"note":{"staff_id":33}}"#, 33), (#"{"staff_id":1,"note":{"staff_id":33}}"#, 33),
        (#"{"staff_id":1,"staff_id":44}"#, 44), (#"{"staff\u005fid":5}"#, 5), (#"{"n\u006fte":{"staff_id":6}}"#, 6),
        (#"{"note":{"staff_id":1},"note":{"staff_id":7}}"#, 7), (#"{/* hidden */"staff_id":8}"#, 8),
    ])
    func `a JSON body names the author in more than one way`(body: String, expected: Int) throws {
        #expect(try staffID("/notes", Self.json, body) == .integer(expected))
    }

    @Test(arguments: [
        json, "application/json; charset=utf-8", "Application/JSON", "text/x-json", "application/vnd.api+json",
        "application/jsonrequest",
    ])
    func `more types than one are JSON`(type: String) throws {
        #expect(try staffID("/notes", type, #"{"staff_id":1}"#) == .integer(1))
    }

    @Test(arguments: ["text/plain", "application/xml", "application/hal+json"])
    func `a body of another type is not looked at`(type: String) throws {
        #expect(try staffID("/notes", type, #"{"staff_id":1}"#) == nil)
    }

    @Test(arguments: [form, nil])
    func `a form body nests by brackets, and a POST without a type is a form`(type: String?) throws {
        #expect(try staffID("/notes", type, "note[staff_id]=21&note%5Btitle%5D=a+b") == .string("21"))
    }

    @Test func `a flat form body is not nested under the resource`() throws {
        #expect(try parameters(of: request("POST", "/notes", Self.form, "staff_id=21")).nested("note") == nil)
    }

    @Test func `a multipart body works as a form does, files left out`() throws {
        let body =
            "--XX\r\nContent-Disposition: form-data; name=\"note[staff_id]\"\r\n\r\n22\r\n"
            + "--XX\r\nContent-Disposition: form-data; name=\"note[title]\"; filename=\"a\"\r\n\r\nfile\r\n"
            + "--XX\r\nContent-Disposition: form-data; name=\"note[body]\"\r\n\r\n\r\n--XX--\r\n"
        let made = try parameters(of: request("POST", "/notes", "multipart/form-data; boundary=\"XX\"", body))
        #expect(made.nested("note") == ["staff_id": .string("22"), "body": .string("")])
    }

    @Test func `the query goes before the body, and the path before both`() throws {
        let made = try parameters(
            of: request("PATCH", "/notes/5?id=6&x=q&y=q", Self.json, #"{"id":7,"x":"b","z":"b"}"#))
        #expect(made["id"] == .string("5"))
        #expect(made["x"] == .string("q"))
        #expect(made["y"] == .string("q"))
        #expect(made["z"] == .string("b"))
    }

    @Test func `a note in the query replaces the whole note of the body`() throws {
        let made = try parameters(of: request("POST", "/notes?note[staff_id]=9", Self.json, #"{"note":{"title":"a"}}"#))
        #expect(made.nested("note") == ["staff_id": .string("9")])
    }

    @Test func `semicolons part the parameters of a query, not those of a form`() throws {
        #expect(try staffID("/notes?x=1; note[staff_id]=9;y=2", nil, "") == .string("9"))
        #expect(try staffID("/notes", Self.form, "x=1;note[staff_id]=9") == nil)
    }

    @Test(arguments: [
        "note[staff_id]", "[note][staff_id]", "note[staff_id", "[[note]]staff_id", "note]]staff_id", "note][staff_id]]",
    ])
    func `a nested name need not be well formed`(name: String) throws {
        #expect(try staffID("/notes", Self.form, "\(name)=9") == .string("9"))
    }

    @Test(arguments: ["multipart/related", "multipart/mixed"])
    func `other bodies in parts are forms too`(type: String) {
        let body = "--X\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\ndelete\r\n--X--\r\n"
        let request = request("POST", "/notes/7", "\(type); boundary=X", body)
        #expect(Parameters.effectiveMethod(of: request) == "DELETE")
    }

    @Test func `a name with underscores counts where the one with hyphens is missing`() {
        let loose = ("X_HTTP_Method_Override", "DELETE"), exact = ("X-HTTP-Method-Override", "PATCH")
        #expect(Parameters.effectiveMethod(of: request("POST", "/notes/7", nil, "", [loose])) == "DELETE")
        #expect(Parameters.effectiveMethod(of: request("POST", "/notes/7", nil, "", [loose, exact])) == "PATCH")
    }

    @Test func `nested parameters in the query keep a flat body from being nested`() throws {
        #expect(try staffID("/notes?note[staff_id]=9", Self.json, #"{"staff_id":1}"#) == .string("9"))
    }

    @Test func `a body of GET is merged too`() throws {
        #expect(
            try parameters(of: request("GET", "/notes", Self.json, #"{"patient_id":3}"#))["patient_id"] == .integer(3))
    }

    @Test func `brackets without a name append`() throws {
        let made = try parameters(of: request("GET", "/patients?hospital_id[]=1&hospital_id[]=2"))
        #expect(made["hospital_id"] == .array([.string("1"), .string("2")]))
    }

    @Test(arguments: [
        ("/notes", json, #"{"a":"#), ("/notes", json, "{} x"), ("/notes", json, #"{"a":01}"#),
        ("/notes", json, "\u{FEFF}{}"),
        ("/notes?a=%zz", nil, ""), ("/notes?a=1&a[b]=2", nil, ""), ("/notes", form, "a=%"), ("/notes?a=%ff", nil, ""),
        ("/notes", "multipart/form-data", "x"), ("/notes", "multipart/form-data; boundary=b", "--b\r\nx"),
        ("/notes", json, String(repeating: "[", count: 200)),
    ])
    func `what can't be read is refused`(target: String, type: String?, body: String) {
        #expect(throws: NestedParameters.Malformed.self) {
            try parameters(of: request("POST", target, type, body))
        }
    }

    @Test(arguments: [
        ("X-HTTP-Method-Override", "DELETE", "DELETE"), ("X_HTTP_Method_Override", "delete", "DELETE"),
        ("x-http_method-OVERRIDE", "Patch", "PATCH"), ("X-HTTP-Method-Override", "BREW", "POST"),
        ("X-HTTP-Method-Override-Too", "DELETE", "POST"),
    ])
    func `a header may turn a POST into something else`(name: String, value: String, expected: String) {
        let post = request("POST", "/notes/5", Self.json, "", [(name, value)])
        #expect(Parameters.effectiveMethod(of: post) == expected)
    }

    @Test func `a form field turns a POST into something else, and goes before the header`() {
        let header = [(name: "X-HTTP-Method-Override", value: "PUT")]
        #expect(
            Parameters.effectiveMethod(of: request("POST", "/notes/5", Self.form, "_method=delete", header)) == "DELETE"
        )
        #expect(
            Parameters.effectiveMethod(of: request("POST", "/notes/5", Self.json, #"{"_method":"delete"}"#)) == "POST")
        #expect(Parameters.effectiveMethod(of: request("POST", "/notes/5?_method=delete", Self.form, "a=b")) == "POST")
    }

    @Test func `only a POST can be turned`() {
        let get = request("GET", "/notes/5", nil, "", [("X-HTTP-Method-Override", "DELETE")])
        #expect(Parameters.effectiveMethod(of: get) == "GET")
    }
}
