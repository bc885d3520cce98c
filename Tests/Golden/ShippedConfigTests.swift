import StentConfig
import StentModel
import Testing

/// The two configurations that are shipped, as anybody gets them who sets no variable.
@Suite struct ShippedConfigTests {
    private static let variables: Set = [
        "STENT_UPSTREAM", "STENT_HTTPS_PORT", "STENT_HTTP_PORT", "STENT_ADMIN_PORT", "STENT_BIND", "STENT_CERT",
        "STENT_KEY", "STENT_STATE_DIR", "STENT_WORKERS",
    ]

    private func load(_ name: String, _ environment: [String: String] = [:]) throws -> LoadedSettings {
        try ConfigLoader.load(path: "config/\(name).yaml", environment: environment, readFile: Repository.bytes).get()
    }

    @Test(arguments: ["hosp", "minimal"])
    func `a shipped configuration is good without any variable, and without a warning`(name: String) throws {
        let loaded = try load(name)
        #expect(loaded.warnings.problems.isEmpty)
        #expect(loaded.settings.workers == nil)
        #expect(loaded.settings.listen.https?.address == ListenAddress(host: "127.0.0.1", port: 8443))
        #expect(loaded.settings.listen.https?.certificates == [HTTPSListener.Certificate(chain: "", key: "")])
        #expect(loaded.settings.listen.http?.address == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(loaded.settings.listen.admin?.address == ListenAddress(host: "127.0.0.1", port: 9180))
        #expect(loaded.settings.upstream.servers == [UpstreamServer(isTLS: false, host: "127.0.0.1", port: 3000)])
        #expect(loaded.settings.state.directory == "./var")
    }

    @Test(arguments: ["hosp", "minimal"])
    func `every documented variable reaches its setting`(name: String) throws {
        let pem = [
            "/tls/chain": "-----BEGIN CERTIFICATE-----\n", "/tls/key": "-----BEGIN PRIVATE KEY-----\n",
        ]
        let loaded = try ConfigLoader.load(
            path: "config/\(name).yaml",
            environment: [
                "STENT_UPSTREAM": "https://hosp.example:8000", "STENT_HTTPS_PORT": "1", "STENT_HTTP_PORT": "2",
                "STENT_ADMIN_PORT": "3", "STENT_BIND": "0.0.0.0", "STENT_CERT": "/tls/chain", "STENT_KEY": "/tls/key",
                "STENT_STATE_DIR": "/var/lib/stent", "STENT_WORKERS": "2",
            ],
            readFile: { path in try pem[path].map { Array($0.utf8) } ?? Repository.bytes(path) }
        ).get()
        let settings = loaded.settings
        #expect(settings.workers == 2)
        #expect(settings.listen.https?.address == ListenAddress(host: "0.0.0.0", port: 1))
        #expect(
            settings.listen.https?.certificates == [HTTPSListener.Certificate(chain: "/tls/chain", key: "/tls/key")])
        #expect(settings.listen.http?.address == ListenAddress(host: "0.0.0.0", port: 2))
        #expect(settings.listen.admin?.address == ListenAddress(host: "127.0.0.1", port: 3))
        #expect(settings.upstream.servers == [UpstreamServer(isTLS: true, host: "hosp.example", port: 8000)])
        #expect(settings.state.directory == "/var/lib/stent")
    }

    @Test(arguments: ["hosp", "minimal"])
    func `a shipped configuration reads exactly the documented variables`(name: String) throws {
        let text = try Repository.text("config/\(name).yaml")
        let lines = text.split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("#") }
        var names: Set<String> = []
        for part in lines.joined(separator: "\n").split(separator: "${").dropFirst() {
            names.insert(String(part.prefix { $0.isLetter || $0 == "_" }))
        }
        #expect(names == Self.variables)
    }

    @Test func `hosp.yaml holds what HOSP needs`() throws {
        let settings = try load("hosp").settings
        #expect(settings.listen.http?.redirectToHTTPS == true)
        #expect(settings.upstream.attemptTimeout == .seconds(25))
        #expect(settings.upstream.deadline == .seconds(55))
        #expect(settings.retry.attempts == 8)
        #expect(settings.retry.methods == [.get, .head, .options])
        #expect(settings.limits.body == .mebibytes(2))
        #expect(settings.requests.paths == .canonical)
        #expect(settings.routes.first { $0.match.text == "POST /patients/{id}/screen" }?.body == .mebibytes(64))
        #expect(settings.audit.directory == "./var/audit")
        #expect(settings.identity?.proof.request == "/staffs/me")
        #expect(settings.contract?.requests == .enforce)
        #expect(settings.ownership.resources.map(\.mode) == [.enforce, .report])
        #expect(settings.ownership.breakGlass?.callers == [])
        #expect(settings.outbox.account == nil)
        let screening = try #require(settings.routes.compactMap(\.recordAsNote).first)
        #expect(screening.to == "/notes")
        #expect(screening.authorMember == settings.ownership.resources.first?.field)
    }

    @Test(
        arguments: [
            ("GET /", nil, nil), ("GET /staffs/me", CacheSharing.caller, 60), ("GET /hospitals", .proven, 300),
            ("GET /hospitals/{id}", .proven, 300), ("GET /{patients,staffs}", .caller, 60),
            ("GET /{patients,staffs}/{id}", .caller, 60), ("GET /notes", .caller, 30), ("GET /notes/{id}", .caller, 30),
        ] as [(String, CacheSharing?, Int64?)])
    func `hosp.yaml says of each read for whom it is kept, and for how long`(
        match: String, sharing: CacheSharing?, seconds: Int64?
    ) throws {
        let settings = try load("hosp").settings
        let route = try #require(settings.routes.first { $0.match.text == match })
        #expect(settings.cacheSharing(on: route) == sharing)
        let freshness = route.cache?.freshness
        #expect(freshness?.ttl == seconds.map(TimeSpan.seconds))
        // HOSP says `max-age=0, private, must-revalidate` of everything.
        #expect(freshness?.mayLengthen != false)
        #expect(freshness.map { $0.staleIfError != nil } != false)
    }

    @Test func `hosp.yaml leaves no read to what HOSP says of it, and no client forces one upon it`() throws {
        let settings = try load("hosp").settings
        #expect(settings.cache?.requestDirectives == .ignore)
        let reads = settings.routes.filter { $0.match.methods.contains(.get) }
        #expect(reads.count == 8 && reads.allSatisfy { $0.cache != nil })
        let lists = reads.filter { !$0.match.text.contains("{id}") && $0.match.segments.count == 1 }
        #expect(lists.count == 3 && lists.allSatisfy { $0.priority == .list && $0.cache?.negative == nil })
    }

    @Test func `a member of staff who is changed is changed under their other name, too`() throws {
        let settings = try load("hosp").settings
        let routes = settings.routes.filter { !$0.invalidates.isEmpty }
        #expect(routes.map(\.match.text) == ["{PATCH,PUT,DELETE} /staffs/{id}"])
        #expect(routes.first?.invalidates.map(\.text) == ["/staffs/me"])
    }

    @Test func `HOSP's document has every operation of HOSP, and no other`() throws {
        let contract = try #require(try load("hosp").settings.contract?.contract)
        let operations = contract.paths.flatMap { path in
            path.operations.compactMap { operation in operation.method.text.map { "\($0) \(path.template)" } }
        }
        let collections = ["/hospitals", "/notes", "/patients", "/staffs"]
        let expected =
            ["GET /", "GET /staffs/me", "POST /patients/{id}/screen"]
            + collections.flatMap { path in
                ["GET \(path)", "POST \(path)"] + ["GET", "PATCH", "PUT", "DELETE"].map { "\($0) \(path)/{id}" }
            }
        #expect(operations.sorted() == expected.sorted())
        let open = contract.paths.filter { $0.operations.contains(where: \.isOpen) }.map(\.template)
        #expect(open == ["/"])
    }

    @Test func `no way around ownership is declared in HOSP's document`() throws {
        let contract = try #require(try load("hosp").settings.contract?.contract)
        let writes = contract.paths.flatMap(\.operations).filter { !$0.method.isSafe && $0.method != .delete }
        #expect(writes.count == 13)
        for write in writes {
            let media = try #require(write.content?.media)
            #expect(media.map(\.type) == ["application/json"])
            let schema = contract.schemas[try #require(media.first?.schema).value]
            let content = schema.reference.map { contract.schemas[$0.value] } ?? schema
            let forbidden = content.properties.filter { contract.schemas[$0.schema.value].always == false }.map(\.name)
            #expect(forbidden.contains("_method"))
            #expect(!Set(["note", "staff", "patient", "hospital"]).isDisjoint(with: forbidden))
        }
    }

    @Test func `minimal.yaml passes on whatever it can`() throws {
        let settings = try load("minimal").settings
        #expect(settings.listen.http?.redirectToHTTPS == false)
        #expect(settings.retry.attempts == 1)
        #expect(settings.routes.isEmpty)
        #expect(settings.cache?.memory == .mebibytes(64))
        #expect(settings.cache?.largestEntry == .mebibytes(1))
        #expect(settings.cacheSharing(on: nil) == .everyone)
        #expect(settings.upstream.deadline == nil)
        #expect(
            settings.requests
                == {
                    var it = RequestSettings(); it.paths = .plain; it.refuseMethodOverride = false; return it
                }())
        #expect(settings.limits.body == .gibibytes(1))
    }
}
