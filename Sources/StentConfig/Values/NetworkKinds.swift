import StentModel

extension Kind where Value == ListenAddress {
    /// `127.0.0.1:8443` or `[::1]:8443`.
    static let listenAddress = Kind(
        expected: "an IP address and a port such as `127.0.0.1:8443`", name: "address",
        schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            let text = scalar.text
            guard let (host, portText) = HostName.splitPort(text), let portText else {
                throw .wrongType(
                    help: text.contains(":")
                        ? "an IPv6 address stands in brackets: `[::1]:8443`"
                        : "both are needed; `0.0.0.0` is every address")
            }
            guard IPAddress.bytes(of: host) != nil else {
                let isAny = host == "*" || host.isEmpty
                throw .wrongType(
                    help: isAny
                        ? "every address is `0.0.0.0`, or `[::]`" : "names are not looked up; localhost is `127.0.0.1`")
            }
            guard let port = HostName.port(portText) else {
                throw .refused(.outOfRange, "has no port from 0 to 65535")
            }
            return ListenAddress(host: host, port: port)
        },
        show: { "\(HostName.bracketed($0.host)):\($0.port)" })
}

extension Kind where Value == UpstreamServer {
    /// `http://host:port` or `https://host:port`.
    static let server = Kind(
        expected: "a URL such as `http://127.0.0.1:3000`", name: "URL",
        range: "`http` or `https`, a host, a port if need be", schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            // First of all, because no other message may repeat a password.
            guard !scalar.text.contains("@") else {
                throw .refused(.wrongType, "holds credentials", help: "stent passes on those of the caller")
            }
            let isTLS = scalar.text.hasPrefix("https://")
            guard isTLS || scalar.text.hasPrefix("http://") else {
                throw .wrongType(help: "it begins with `http://` or `https://`")
            }
            var authority = scalar.text.dropFirst(isTLS ? 8 : 7)
            if authority.hasSuffix("/") { authority = authority.dropLast() }
            guard !authority.contains(where: { "/?#".contains($0) }) else {
                throw .refused(
                    .wrongType, "holds a path or a query", help: "a server is a host; the path is the request's")
            }
            guard let (host, portText) = HostName.splitPort(String(authority)),
                IPAddress.bytes(of: host) != nil || HostName.isName(host)
            else { throw .wrongType() }
            guard let port = portText.map(HostName.port) ?? (isTLS ? 443 : 80), port > 0 else {
                throw .refused(.outOfRange, "has no port from 1 to 65535")
            }
            return UpstreamServer(isTLS: isTLS, host: host, port: port)
        },
        show: { "\($0.isTLS ? "https" : "http")://\(HostName.bracketed($0.host)):\($0.port)" })
}

extension Kind where Value == AddressBlock {
    /// `10.0.0.0/8`, or one address.
    static let block = Kind(
        expected: "an address block such as `10.0.0.0/8`", name: "address block",
        schema: .object([("type", .string("string"))]),
        read: { scalar throws(Fault) in
            let parts = scalar.text.split(separator: "/", omittingEmptySubsequences: false)
            guard let first = parts.first, parts.count <= 2, let bytes = IPAddress.bytes(of: String(first)) else {
                throw .wrongType()
            }
            var prefix = bytes.count * 8
            if parts.count == 2 {
                guard let written = HostName.number(parts[1], maximum: prefix) else {
                    throw .refused(.outOfRange, "has no prefix length from 0 to \(prefix)")
                }
                prefix = written
            }
            let block = AddressBlock(bytes: bytes, prefix: prefix)
            let network = block.network
            guard network == block else {
                throw .refused(
                    .wrongType, "has address bits beyond its prefix", help: "the block is `\(network)`", quoting: true)
            }
            return block.unmapped
        },
        show: { "\($0)" })
}

/// The parts of an authority (RFC 3986 §3.2), as far as settings hold them.
enum HostName {
    /// Host and port text of `host`, `host:port`, `[v6]` or `[v6]:port`; the host without brackets.
    static func splitPort(_ text: String) -> (host: String, port: Substring?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[..<end].dropFirst())
            let tail = text[text.index(after: end)...]
            // Brackets are for IPv6 alone.
            guard host.contains(":"), tail.isEmpty || tail.hasPrefix(":") else { return nil }
            return (host, tail.isEmpty ? nil : tail.dropFirst())
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count <= 2 else { return nil }
        return (String(host), parts.count == 2 ? parts[1] : nil)
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    static func port(_ text: Substring) -> Int? { number(text, maximum: 65_535) }

    /// Decimal digits without a sign.
    static func number(_ text: Substring, maximum: Int) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text), value <= maximum
        else { return nil }
        return value
    }

    /// A registered name of letters, digits, hyphens, underscores (container networks use them) and dots. One whose
    /// last label is a number is meant as an IPv4 address, and is none.
    static func isName(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last, !last.allSatisfy(\.isNumber) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}
