import StentConfig
import StentModel
import Testing

@Suite struct PolicySettingsTests {
    private static let document = """
        openapi: 3.1.1
        info: { title: T, version: "1" }
        paths: { /notes: { post: {} } }
        """

    private func load(
        _ more: String, path: String = "stent.yaml", files: [String: String] = [:]
    ) -> Result<LoadedSettings, ConfigProblems> {
        ConfigLoader.load(Array((Loading.required + more).utf8), path: path, environment: [:]) { name in
            guard let content = files[name] else { throw Loading.Missing() }
            return Array(content.utf8)
        }
    }

    // MARK: The document

    @Test(arguments: [
        ("stent.yaml", "a.yaml", "a.yaml"), ("/etc/stent/stent.yaml", "a.yaml", "/etc/stent/a.yaml"),
        ("config/hosp.yaml", "../a.yaml", "config/../a.yaml"), ("config/hosp.yaml", "/b/a.yaml", "/b/a.yaml"),
    ])
    func `the document is looked for from the settings' directory`(path: String, openapi: String, file: String) throws {
        let loaded = try load("contract: { openapi: \(openapi) }", path: path, files: [file: Self.document]).get()
        #expect(loaded.settings.contract?.contract.paths.map(\.template) == ["/notes"])
    }

    @Test func `problems of the document stand behind the settings' own, under its own name`() {
        let result = load(
            "contract: { openapi: a.yaml }\nlog: { level: x }", path: "c/stent.yaml",
            files: ["c/a.yaml": "openapi: 3.1.1\ninfo: {}\n"])
        guard case .failure(let problems) = result else {
            Issue.record("it was loaded")
            return
        }
        #expect(problems.problems.map(\.code) == [.unknownValue])
        #expect(problems.referred.map(\.file) == ["c/a.yaml"])
        let lines = problems.description.split(separator: "\n").filter { !$0.hasPrefix("  ") }
        #expect(lines.map { $0.split(separator: ":")[0] } == ["c/stent.yaml"] + Array(repeating: "c/a.yaml", count: 3))
    }

    @Test func `settings whose only problem is the document's are not loaded`() {
        let result = load("contract: { openapi: a.yaml }", files: ["a.yaml": "openapi: 3.0.0\ninfo: {}\npaths: {}\n"])
        guard case .failure(let problems) = result else {
            Issue.record("it was loaded")
            return
        }
        #expect(problems.problems.isEmpty && !problems.isEmpty)
    }

    @Test func `the canonical text changes with what the document says, and not with how it is written`() throws {
        func text(_ document: String) throws -> String {
            try load("contract: { openapi: a.yaml }", files: ["a.yaml": document]).get().canonicalText
        }
        let first = try text(Self.document)
        #expect(try text(Self.document.replacing("post", with: "put")) != first)
        #expect(
            try text("# a comment\n" + Self.document.replacing("{ post: {} }", with: "\n  { post: {  } }")) == first)
    }

    // MARK: Secrets

    @Test(arguments: ["stent:hunter2", "${file:/account}", "st${file:/half}"])
    func `the account of the outbox is shown nowhere`(written: String) throws {
        let policy = """
            identity: { proof: { request: GET /me } }
            retry: { attempts: 3 }
            routes:
              - { match: "POST /a/{id}", record_as_note: { to: /n, title: t } }
              - { match: POST /n, resend: { verify: GET /n, same: [title] } }
            outbox: { account: "\(written)" }
            """
        let files = ["/account": "stent:hunter2\n", "/half": "ent:hunter2"]
        let loaded = try load(policy, files: files).get()
        #expect(loaded.settings.outbox.account == "stent:hunter2")
        #expect(!loaded.canonicalText.contains("hunter2"))
        #expect(loaded.canonicalText.contains("outbox.account = "))
    }

    // MARK: Values

    @Test func `the request of a proof is kept as its path`() throws {
        let settings = try Loading.settings("identity: { proof: { request: GET /staffs/me } }")
        #expect(settings.identity == IdentitySettings(proof: ProofSettings(request: "/staffs/me")))
    }

    @Test func `a resource has the defaults of its type`() throws {
        let text = "ownership: { resources: [{ name: note, item: '/notes/{id}', field: staff_id, mode: off }] }"
        var expected = OwnedResourceSettings()
        (expected.name, expected.item, expected.field, expected.mode) = ("note", "/notes/{id}", "staff_id", .off)
        #expect(try Loading.settings(text).ownership.resources == [expected])
        #expect(try Loading.settings("ownership: { break_glass: {} }").ownership.breakGlass == BreakGlassSettings())
    }

    @Test func `a contract and a note to write have the defaults of their types`() throws {
        let loaded = try load("contract: { openapi: a.yaml }", files: ["a.yaml": Self.document]).get()
        var expected = ContractSettings()
        expected.openapi = "a.yaml"
        expected.contract = try #require(loaded.settings.contract?.contract)
        #expect(loaded.settings.contract == expected)
        let route = try Loading.settings(
            """
            identity: { proof: { request: GET /me } }
            retry: { attempts: 3 }
            routes:
              - { match: "POST /a/{id}", record_as_note: { to: /n, title: t } }
              - { match: POST /n, resend: { verify: GET /n, same: [title] } }
            """
        ).routes.first
        var note = RecordAsNoteSettings()
        (note.to, note.title) = ("/n", "t")
        #expect(route?.recordAsNote == note)
    }

    @Test(arguments: [
        "Authorization", "host", "Content-Foo", "If-Whatever", "X-Forwarded-For", "Idempotency-Key", "Stent-Outcome",
        "X-HTTP-Method-Override", "Cookie", "Referer", "Proxy-Anything",
    ])
    func `a reason is not sent in a field that means something else`(name: String) {
        #expect(Loading.codes("ownership: { break_glass: { header: \(name) } }") == [.unknownValue])
    }

    @Test(arguments: ["Stent-Reason", "stent-reason", "X-Reason", "Emergency"])
    func `any other field may hold a reason`(name: String) {
        #expect(Loading.codes("ownership: { break_glass: { header: \(name) } }") == [])
    }
}
