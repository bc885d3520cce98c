/// Which trail a line belongs to: 16 random bytes, drawn when the trail begins.
package struct TrailID: Sendable, Hashable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package let text: String

    /// `nil` where it has another form.
    package init?(_ text: String) {
        guard text.isLowerHexadecimal(count: 32) else { return nil }
        self.text = text
    }

    /// - Parameter bytes: 16, drawn by the caller.
    package init(random bytes: [UInt8]) {
        precondition(bytes.count == 16, "a trail's id has 16 bytes")
        text = String(hexadecimal: bytes)
    }

    package var description: String { text }
}

/// Which key sealed: the first eight bytes of the SHA-256 of the public key's 32 bytes.
package struct AuditKeyID: Sendable, Hashable, CustomStringConvertible {
    /// 16 lower-case hexadecimal digits.
    package let text: String

    /// `nil` where it has another form.
    package init?(_ text: String) {
        guard text.isLowerHexadecimal(count: 16) else { return nil }
        self.text = text
    }

    init(ofPublicKey bytes: [UInt8]) { text = String(ChainHash(of: bytes.span.bytes).hexadecimal.prefix(16)) }

    package var description: String { text }
}

extension String {
    init(hexadecimal bytes: [UInt8]) {
        var digits: [UInt8] = []
        for byte in bytes {
            digits.append(hexDigit(byte >> 4))
            digits.append(hexDigit(byte & 0x0F))
        }
        self.init(decoding: digits, as: UTF8.self)
    }

    func isLowerHexadecimal(count: Int) -> Bool {
        utf8.count == count && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
