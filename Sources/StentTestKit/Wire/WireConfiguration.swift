/// The settings a case runs with: one of three bases and what the case sets otherwise.
package struct WireConfiguration: Sendable, Hashable {
    /// All bases have one worker, a plaintext listener and one upstream server.
    package enum Base: String, Sendable, CaseIterable {
        /// Pass-through of any path, no retries.
        case minimal
        /// The policy that HOSP gets: canonical paths, three attempts, answers held until they are whole.
        case hosp
        /// The plaintext listener answers everything with a 308 to HTTPS.
        case redirect
    }

    /// A setting, or a mapping of them.
    private indirect enum Node: Sendable, Hashable {
        /// YAML of one value, in flow style.
        case value(String)
        case mapping([String: Node])
    }

    package let base: Base
    private var root: Node

    package init(base: Base = .minimal) {
        self.base = base
        root = .mapping([:])
        for (key, value) in Self.settings(of: base) { _ = set(key, value) }
    }

    /// - Returns: false where part of the path has a plain value already.
    package mutating func set(_ key: String, _ value: String) -> Bool {
        let path = key.split(separator: ".").map(String.init)
        guard let changed = Self.setting(path[...], value, in: root) else { return false }
        root = changed
        return true
    }

    /// The whole settings document, as YAML in flow style.
    ///
    /// - Parameter upstreamPort: where the upstream of the case listens, on the loopback address.
    package func document(upstreamPort: Int) -> String {
        var complete = self
        _ = complete.set("upstream.servers", "[\"http://127.0.0.1:\(upstreamPort)\"]")
        return Self.text(of: complete.root) + "\n"
    }

    private static func settings(of base: Base) -> [(String, String)] {
        let common = [
            ("version", "1"), ("workers", "1"), ("listen.http.address", "\"127.0.0.1:0\""), ("log.level", "error"),
        ]
        switch base {
        case .minimal:
            return common + [
                ("requests.paths", "plain"), ("requests.refuse_method_override", "false"), ("retry.attempts", "1"),
            ]
        case .hosp:
            return common + [
                ("requests.paths", "canonical"), ("requests.refuse_method_override", "true"),
                ("retry.attempts", "3"),
                ("retry.on", "[connect, reset, malformed, truncated, timeout, 500, 502, 503, 504]"),
                ("retry.backoff", "{ base: 1ms, maximum: 5ms }"),
            ]
        case .redirect:
            return common + [
                ("listen.http.redirect_to_https", "true"),
                ("listen.https", "{ address: \"127.0.0.1:0\", certificates: [{ chain: \"\", key: \"\" }] }"),
            ]
        }
    }

    private static func setting(_ path: ArraySlice<String>, _ value: String, in node: Node?) -> Node? {
        guard let key = path.first else { return .value(value) }
        switch node {
        case .value: return nil
        case .mapping(var members):
            guard let changed = setting(path.dropFirst(), value, in: members[key]) else { return nil }
            members[key] = changed
            return .mapping(members)
        case nil:
            guard let changed = setting(path.dropFirst(), value, in: nil) else { return nil }
            return .mapping([key: changed])
        }
    }

    private static func text(of node: Node) -> String {
        switch node {
        case .value(let value): value
        case .mapping(let members):
            "{ " + members.sorted { $0.key < $1.key }.map { "\($0.key): \(text(of: $0.value))" }.joined(separator: ", ")
                + " }"
        }
    }
}
