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
        let address = IPAddress.unmapped(address) ?? address
        guard address.count == bytes.count, prefix >= 0, prefix <= bytes.count * 8 else { return false }
        for index in 0..<(prefix / 8) where address[index] != bytes[index] { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address[prefix / 8] & mask == bytes[prefix / 8] & mask
    }
    /// The block with every bit beyond the prefix cleared.
    package var network: AddressBlock {
        var copy = self
        for index in bytes.indices {
            let kept = min(8, max(0, prefix - index * 8))
            copy.bytes[index] &= UInt8(truncatingIfNeeded: 0xFF00 >> kept)
        }
        return copy
    }

    /// The IPv4 block that a block of IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2) stands for, or the block itself.
    ///
    /// `contains` compares such addresses as IPv4, so a mapped block would match nothing.
    package var unmapped: AddressBlock {
        guard prefix >= 96, let address = IPAddress.unmapped(bytes) else { return self }
        return AddressBlock(bytes: address, prefix: prefix - 96)
    }
}

extension AddressBlock: CustomStringConvertible {
    /// `10.0.0.0/8`.
    package var description: String { "\(IPAddress.text(of: bytes))/\(prefix)" }
}
