import StentModel

/// What a stored answer is found by, compared in full.
///
/// How the client came, host, path and query in full, who may have the copy, and whose it is; where a route's own word makes
/// an answer fresh, also the media types and codings that were asked for, since such an upstream says no Vary. Of the
/// forwarding fields, which the upstream writes its links by, only those that a trusted proxy set.
package struct CacheKey: Sendable {
    /// For whom a copy is, as far as its key tells.
    package enum Audience: Sendable {
        case oneCaller
        case all
    }

    package let bytes: [UInt8]
    package let hash: UInt64

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        hash = CacheHash.of(bytes.span)
    }

    /// - Parameters:
    ///   - target: path and query as they go upstream.
    ///   - partition: of the caller, where the copy is for that one alone; else empty.
    package init(
        _ head: borrowing RequestHead, target: [UInt8], _ plan: CachePlan, partition: [UInt8],
        client: RequestForwarding.Client
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(target.count + 96)
        bytes.append(client.isTLS ? Self.secure : Self.plain)
        // What was stored for proven callers stays theirs when a new configuration opens the route to everybody.
        bytes.append(UInt8(ascii: "0") + plan.sharing.rawValue)
        if let host = head.fields.first(.host) {
            for byte in head.fields.bytes[host.value.range] { bytes.append(CacheText.lowercase(byte)) }
        }
        bytes.append(Self.separator)
        bytes.append(contentsOf: target)
        bytes.append(Self.separator)
        bytes.append(contentsOf: partition)
        for line in head.fields.lines {
            let counts: Bool =
                switch line.field {
                case .accept, .acceptEncoding: plan.override != nil
                case .xForwardedProto, .xForwardedHost: client.isTrustedProxy
                case _: false
                }
            guard counts else { continue }
            bytes.append(Self.separator)
            bytes.append(line.field.rawValue)
            bytes.append(contentsOf: head.fields.bytes[line.value.range])
        }
        self.init(bytes)
    }

    private static let secure = UInt8(ascii: "s")
    private static let plain = UInt8(ascii: "p")
    /// In no host and no target: the decoder refuses control bytes.
    private static let separator: UInt8 = 0x0A

    /// What a key was made of.
    package struct Parts {
        private let scheme: StaticString
        private let host: [UInt8]
        /// Path and query.
        package let target: [UInt8]
        package let audience: Audience

        package init(_ key: [UInt8]) {
            scheme = key.first == CacheKey.secure ? "https" : "http"
            let authority = key.dropFirst(2).prefix { $0 != CacheKey.separator }
            host = Array(authority)
            let path = key[authority.endIndex...].dropFirst().prefix { $0 != CacheKey.separator }
            target = Array(path)
            let rest = key[path.endIndex...].dropFirst()
            audience = rest.first == CachePartition.mark ? .oneCaller : .all
        }

        package var url: String {
            "\(scheme)://\(String(decoding: host, as: UTF8.self))\(String(decoding: target, as: UTF8.self))"
        }
    }
}

/// What one caller's copies are told from another's by; also the tag under which all of them become invalid.
package enum CachePartition {
    /// In front of it, and of no tag that an operator can write.
    static let mark: UInt8 = 0

    package static func bytes(of key: CredentialKey) -> [UInt8] {
        var bytes: [UInt8] = [mark]
        withUnsafeBytes(of: key.high) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: key.low) { bytes.append(contentsOf: $0) }
        return bytes
    }
}

/// Which resource a target is of.
package enum CacheResource {
    /// The path that a resource is known by, however it was asked for: without query and suffix, without a slash at its end,
    /// and nothing encoded that needs not be (RFC 3986 §6.2.2.2).
    package static func path(of target: [UInt8], suffixes: [[UInt8]]) -> [UInt8] {
        var path: [UInt8] = []
        path.reserveCapacity(target.count)
        var index = 0
        while index < target.count, target[index] != UInt8(ascii: "?") {
            if target[index] == UInt8(ascii: "%"),
                let byte = PercentEncoding.byte(in: target.span, at: index, end: target.count), isUnreserved(byte)
            {
                path.append(byte)
                index += 3
            } else {
                path.append(target[index])
                index += 1
            }
        }
        while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
        for suffix in suffixes where path.count > suffix.count && path.suffix(suffix.count) == suffix[...] {
            path.removeLast(suffix.count)
            break
        }
        return path
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        case _: false
        }
    }
}
