/// The URI of a request, for references in its answer to be resolved against (RFC 3986 §5).
package struct TargetURI: Sendable, Equatable {
    package enum Scheme: Sendable {
        case http, https

        var text: StaticString {
            switch self {
            case .http: "http"
            case .https: "https"
            }
        }

        var defaultPort: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package var scheme: Scheme
    /// Host and port as the request named them.
    package var authority: [UInt8]
    /// Beginning with `/`, with the query.
    package var pathAndQuery: [UInt8]

    package init(scheme: Scheme, authority: [UInt8], pathAndQuery: [UInt8]) {
        self.scheme = scheme
        self.authority = authority
        self.pathAndQuery = pathAndQuery
    }

    /// The path and query of what the reference names; `nil` where that is of another origin, or no reference.
    ///
    /// A fragment is dropped. An authority with user information is another one.
    package func resolve(_ reference: some Collection<UInt8>) -> [UInt8]? {
        var rest = Array(reference.prefix { $0 != 0x23 })
        guard rest.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        if let colon = endOfScheme(rest) {
            let name = String(decoding: rest[..<colon], as: UTF8.self).lowercased()
            guard name == scheme.text.description, rest[(colon + 1)...].starts(with: [0x2F, 0x2F]) else { return nil }
            rest.removeFirst(colon + 1)
        }
        if rest.starts(with: [0x2F, 0x2F]) {
            let named = Array(rest.dropFirst(2).prefix { $0 != 0x2F && $0 != 0x3F })
            guard let origin = hostAndPort(named), let own = hostAndPort(authority), origin == own else { return nil }
            rest.removeFirst(2 + named.count)
            if rest.first != 0x2F { rest.insert(0x2F, at: 0) }
        }
        guard let first = rest.first else { return pathAndQuery }
        let path = pathAndQuery.prefix { $0 != 0x3F }
        if first == 0x3F { return path + rest }
        if first != 0x2F {
            // RFC 3986 §5.2.3: in place of the last segment.
            rest = path.prefix(path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0) + rest
            if rest.first != 0x2F { rest.insert(0x2F, at: 0) }
        }
        let query = rest.firstIndex(of: 0x3F) ?? rest.count
        return Self.withoutDotSegments(rest[..<query]) + rest[query...]
    }

    /// The colon behind a scheme (RFC 3986 §3.1); `nil` where the reference has none.
    private func endOfScheme(_ reference: [UInt8]) -> Int? {
        for (index, byte) in reference.enumerated() {
            switch byte {
            case 0x3A: return index > 0 ? index : nil
            case 0x41...0x5A, 0x61...0x7A: continue
            case 0x30...0x39, 0x2B, 0x2D, 0x2E:
                if index == 0 { return nil }
            case _: return nil
            }
        }
        return nil
    }

    /// The host in lower case and the port in full; `nil` for what is no authority.
    private func hostAndPort(_ authority: [UInt8]) -> (host: [UInt8], port: Int)? {
        guard !authority.isEmpty else { return nil }
        var end = authority.count
        var port = scheme.defaultPort
        let bracket = authority.lastIndex(of: 0x5D) ?? -1
        if let colon = authority.lastIndex(of: 0x3A), colon > bracket {
            end = colon
            let digits = authority[(colon + 1)...]
            guard digits.count <= 5, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            if !digits.isEmpty { port = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        }
        return (authority[..<end].map { CacheText.lowercase($0) }, port)
    }

    /// RFC 3986 §5.2.4, for a path that begins with `/`.
    private static func withoutDotSegments(_ path: some Collection<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(path.count)
        var segments = path.split(separator: 0x2F, omittingEmptySubsequences: false).dropFirst()
        while let segment = segments.popFirst() {
            let isLast = segments.isEmpty
            if segment.elementsEqual([0x2E]) {
                if isLast { output.append(0x2F) }
            } else if segment.elementsEqual([0x2E, 0x2E]) {
                output.removeSubrange((output.lastIndex(of: 0x2F) ?? 0)...)
                if isLast { output.append(0x2F) }
            } else {
                output.append(0x2F)
                output.append(contentsOf: segment)
            }
        }
        return output.isEmpty ? [0x2F] : output
    }
}
