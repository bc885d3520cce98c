/// Which requests a route is about: methods, and a path by segments.
package struct RoutePattern: Sendable, Hashable {
    /// One segment of the path pattern.
    package enum Segment: Sendable, Hashable {
        /// One of these texts, percent-decoded.
        case oneOf([String])
        /// Any one segment that is not empty; the name is for templates and messages.
        case parameter(String)
        /// Any number of further segments, none included; last only.
        case rest
    }

    /// The pattern as it was written; the label in audit and metrics.
    package var text: String
    /// Empty means every method.
    package var methods: Set<Method>
    package var segments: [Segment]

    package init(text: String, methods: Set<Method>, segments: [Segment]) {
        self.text = text
        self.methods = methods
        self.segments = segments
    }
}

/// An IP address with a prefix length: who is trusted, or limited.
package struct AddressBlock: Sendable, Hashable {
    /// 4 bytes for IPv4, 16 for IPv6, in network order.
    package var bytes: [UInt8]
    /// Leading bits that must agree; 0 to 32, or 0 to 128.
    package var prefix: Int

    package init(bytes: [UInt8], prefix: Int) {
        self.bytes = bytes
        self.prefix = prefix
    }

    /// - Parameter address: 4 or 16 bytes; an IPv4-mapped IPv6 address is compared as IPv4.
    package func contains(_ address: [UInt8]) -> Bool {
        var address = address
        if address.count == 16, address[0..<10].allSatisfy({ $0 == 0 }), address[10] == 0xFF, address[11] == 0xFF {
            address = Array(address[12...])
        }
        guard address.count == bytes.count, prefix >= 0, prefix <= bytes.count * 8 else { return false }
        for index in 0..<(prefix / 8) where address[index] != bytes[index] { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address[prefix / 8] & mask == bytes[prefix / 8] & mask
    }
}
