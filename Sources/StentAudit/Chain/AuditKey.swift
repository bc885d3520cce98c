import Crypto

/// The public half of a key that seals a trail (Ed25519, RFC 8032).
package struct AuditPublicKey: Sendable, Equatable {
    package let id: AuditKeyID
    private let key: Curve25519.Signing.PublicKey

    /// - Throws: where the text is no public Ed25519 key as `openssl pkey -pubout` writes it (RFC 8410 §4).
    package init(pem: String) throws(AuditKeyFault) {
        guard let key = AuditPublicKey(bytes: try KeyPEM.publicKey.bytes(of: pem)) else { throw .wrongKind(.publicKey) }
        self = key
    }

    /// `nil` where these are not the 32 bytes of a public key.
    package init?(bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.init(key)
    }

    fileprivate init(_ key: Curve25519.Signing.PublicKey) {
        self.key = key
        id = AuditKeyID(ofPublicKey: [UInt8](key.rawRepresentation))
    }

    package static func == (left: AuditPublicKey, right: AuditPublicKey) -> Bool { left.bytes == right.bytes }

    /// Its 32 bytes.
    package var bytes: [UInt8] { [UInt8](key.rawRepresentation) }

    package var pem: String { KeyPEM.publicKey.text(of: bytes) }

    package func isValid(_ signature: [UInt8], for text: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: text)
    }
}

/// The private key that seals a trail.
package struct AuditSealKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A new one, from the system's random numbers.
    package init() { key = Curve25519.Signing.PrivateKey() }

    /// - Throws: where the text is no Ed25519 key as `openssl genpkey -algorithm ed25519` writes it (RFC 8410 §7).
    package init(pem: String) throws(AuditKeyFault) {
        let bytes = try KeyPEM.privateKey.bytes(of: pem)
        guard let key = AuditSealKey(bytes: bytes) else { throw .wrongKind(.privateKey) }
        self = key
    }

    /// `nil` where these are not the 32 bytes of a private key.
    package init?(bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else { return nil }
        self.key = key
    }

    package var publicKey: AuditPublicKey { AuditPublicKey(key.publicKey) }

    /// Not to be logged.
    package var pem: String { KeyPEM.privateKey.text(of: [UInt8](key.rawRepresentation)) }

    /// 64 bytes.
    ///
    /// - Throws: what the library throws where it has no memory left.
    package func signature(of text: [UInt8]) throws -> [UInt8] { [UInt8](try key.signature(for: text)) }
}

/// Why a key can't be used. The caller knows the file.
package enum AuditKeyFault: Error, Sendable, Equatable, CustomStringConvertible {
    case notPEM(KeyPEM)
    case wrongKind(KeyPEM)

    package var description: String {
        switch self {
        case .notPEM(let form):
            "there is no \(form.words) in PEM, one block from `-----BEGIN \(form.rawValue)-----` on; \(form.advice)"
        case .wrongKind(let form):
            "the \(form.words) is not an unencrypted Ed25519 key; \(form.advice)"
        }
    }
}

/// Keys as text (RFC 7468) around their DER.
///
/// An Ed25519 key has one DER form each way, of which only the 32 bytes at its end differ (RFC 8410 §4, §7), so that it
/// is compared and not parsed.
package enum KeyPEM: String, Sendable, CaseIterable {
    case privateKey = "PRIVATE KEY"
    case publicKey = "PUBLIC KEY"

    fileprivate var words: String {
        switch self {
        case .privateKey: "private key"
        case .publicKey: "public key"
        }
    }

    fileprivate var advice: String {
        switch self {
        case .privateKey: "make one with `openssl genpkey -algorithm ed25519 -out FILE`"
        case .publicKey: "take it from the private one with `openssl pkey -in FILE -pubout -out PUBLIC`"
        }
    }

    /// What stands before the key in its DER.
    private var prefix: [UInt8] {
        switch self {
        // PrivateKeyInfo, version 0, OID 1.3.101.112, an octet string within an octet string
        case .privateKey:
            [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
        // SubjectPublicKeyInfo, the same OID, a bit string without unused bits
        case .publicKey: [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        }
    }

    fileprivate func text(of key: [UInt8]) -> String {
        "-----BEGIN \(rawValue)-----\n\(Base64.text(of: prefix + key))\n-----END \(rawValue)-----\n"
    }

    /// The 32 bytes of the key.
    fileprivate func bytes(of text: String) throws(AuditKeyFault) -> [UInt8] {
        guard text.utf8.count <= 16 << 10 else { throw .notPEM(self) }
        let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace || $0 == " " } }
            .filter { !$0.allSatisfy(\.isWhitespace) }
        guard lines.count >= 3, lines.first == "-----BEGIN \(rawValue)-----",
            lines.last == "-----END \(rawValue)-----", let der = Base64.bytes(of: lines[1..<lines.count - 1].joined())
        else { throw .notPEM(self) }
        guard der.count == prefix.count + 32, der.starts(with: prefix) else { throw .wrongKind(self) }
        return Array(der.dropFirst(prefix.count))
    }
}
