import StentModel

/// Which field lines end at this hop and are never passed on (RFC 9110 §7.6.1, RFC 9113 §8.2.2 for the names).
package enum HopByHop {
    /// Whether the field itself is of one connection only.
    package static func includes(_ field: FieldName) -> Bool {
        switch field {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthenticationInfo,
            .proxyAuthorization, .te, .trailer, .transferEncoding, .upgrade, .http2Settings:
            true
        case _: false
        }
    }

    /// Whether a Connection field of `fields` names the line as hop-by-hop.
    ///
    /// Only asked where the decoder saw an unusual Connection option; it has already refused those that name a field which
    /// is not hop-by-hop.
    package static func isNominated(_ line: FieldLine, in fields: borrowing FieldSection) -> Bool {
        let span = fields.bytes.span
        var found = false
        for connection in fields.lines where connection.field == .connection {
            fields.forEachToken(of: connection.value) { token in
                guard token.length == line.name.length else { return true }
                for offset in 0..<Int(token.length) {
                    let left = lowercase(span[token.lowerBound + offset])
                    guard left == lowercase(span[line.name.lowerBound + offset]) else { return true }
                }
                found = true
                return false
            }
        }
        return found
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
