import StentConfig
import StentModel
import Testing

@Suite struct SettingsTableTests {
    /// A configuration that writes out every default of the table.
    private static func defaults(of settings: [Setting], indent: String = "") -> String {
        settings.map { setting -> String in
            let head = "\(indent)\(setting.key):"
            switch (setting.shape, setting.default) {
            case (.section, .words(let absent)) where !absent.isEmpty && setting.key != "http":
                return ""  // absent by default
            case (.section(let children), _):
                let inner = defaults(of: children, indent: indent + "  ")
                return inner.isEmpty ? "" : "\(head)\n\(inner)"
            case (_, .value(let text)): return "\(head) \(text.isEmpty ? "\"\"" : text)\n"
            case (_, .words): return ""
            case (_, .required):
                let required = ["version": "1", "servers": "[\"http://h:1\"]", "address": "\"127.0.0.1:80\""]
                return "\(head) \(required[setting.key] ?? "")\n"
            }
        }.joined()
    }

    private static func flattened(_ settings: [Setting]) -> [Setting] {
        settings.flatMap { [$0] + flattened($0.children) }
    }

    private static var expected: Settings {
        var settings = Settings()
        settings.listen.http = HTTPListener(address: ListenAddress(host: "127.0.0.1", port: 80))
        settings.upstream.servers = [UpstreamServer(isTLS: false, host: "h", port: 1)]
        return settings
    }

    @Test func `the defaults that the table states are those of the settings`() throws {
        let loaded = try Loading.load(Self.defaults(of: SettingsTable.settings)).get()
        #expect(loaded.settings == Self.expected)
    }

    @Test func `what is not written has its default`() throws {
        let loaded = try Loading.load(
            "version: 1\nlisten: { http: { address: \"127.0.0.1:80\" } }\nupstream: { servers: [\"http://h:1\"] }\n"
        ).get()
        #expect(loaded.settings == Self.expected)
    }

    @Test func `a listener's defaults are those of its type`() throws {
        let https = try Loading.settings("").listen.http
        #expect(https == HTTPListener(address: ListenAddress(host: "127.0.0.1", port: 8080)))
        let text = """
            version: 1
            listen: { https: { address: "127.0.0.1:1", certificates: [{}], minimum_tls: 1.2, hsts: 365d } }
            upstream: { servers: ["http://h"] }
            """
        let written = try Loading.load(text).get().settings.listen.https
        #expect(written == HTTPSListener(address: ListenAddress(host: "127.0.0.1", port: 1)))
    }

    @Test func `a default is shown as the table writes it`() throws {
        let shown = SettingsTable.values(of: Self.expected)
        func check(_ settings: [Setting], below prefix: String) {
            for setting in settings {
                let path = prefix + setting.key
                if case .value(let text) = setting.default, let value = shown.first(where: { $0.path == path }) {
                    #expect(value.text == text, "\(path)")
                }
                check(setting.children, below: path + ".")
            }
        }
        check(SettingsTable.settings, below: "")
        #expect(shown.count > 40)
    }

    @Test func `every value that is shown can be written, and means the same`() throws {
        // Each key apart, as `stent check` sees it in a file of one setting.
        let odd = """
            workers: 3
            timeouts: { head: 1500ms, body_idle: 90m, keepalive_idle: 24h, body_minimum_rate: 1536B/s }
            limits: { body: 1GiB, target: 1000B }
            retry: { on: [503, connect], methods: [PUT, GET], attempts: 3 }
            routes: [{ match: "GET /a", attempts: 2, body: 3KiB, deadline: 1h }]
            """
        let text = Loading.required.replacing("{ http:", with: "{ trusted_proxies: [10.0.0.0/8, \"::1\"], http:") + odd
        let first = try Loading.load(text).get()
        var nested = ""
        for line in first.canonicalText.split(separator: "\n") where !line.hasPrefix("routes") {
            let parts = line.split(separator: " = ", maxSplits: 1).map(String.init)
            guard let path = parts.first, let value = parts.dropFirst().first else { continue }
            let opened = path.split(separator: ".").map { "{ \($0): " }.joined()
            let closed = String(repeating: " }", count: path.split(separator: ".").count)
            let quoted = value.contains("::") ? "[10.0.0.0/8, \"::1/128\"]" : value
            nested += "\(opened)\(path.hasSuffix("address") ? "\"\(quoted)\"" : quoted)\(closed)\n"
            // A file of this one setting may lack others, but has no fault in the value itself.
            if case .failure(let problems) = Loading.load("\(opened)\(quoted)\(closed)") {
                let codes = problems.problems.map(\.code)
                #expect(
                    !codes.contains { [.wrongType, .outOfRange, .unknownKey, .unknownValue].contains($0) },
                    "\(line): \(codes)")
            }
        }
        #expect(nested.contains("{ timeouts: { head: 1500ms } }"))
        #expect(nested.contains("{ retry: { on: [connect, 503] } }"))
        #expect(nested.contains("{ retry: { methods: [GET, PUT] } }"))
        #expect(nested.contains("{ timeouts: { body_minimum_rate: 1536B/s } }"))
    }

    @Test func `every setting says what it is for`() {
        for setting in Self.flattened(SettingsTable.settings) {
            #expect(setting.sentence.hasSuffix("."), "\(setting.key)")
            #expect(!setting.key.contains("-") && setting.key == setting.key.lowercased())
        }
    }

    @Test func `no section has one key twice`() {
        func check(_ settings: [Setting]) {
            #expect(Set(settings.map(\.key)).count == settings.count)
            for setting in settings { check(setting.children) }
        }
        check(SettingsTable.settings)
    }
}
