import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate for trying stent out: self-signed, for this machine's loopback names, kept in the state directory.
enum DevelopmentCertificate {
    /// Where its two files are.
    struct Paths {
        var chain: String
        var key: String

        init(stateDirectory: String) {
            chain = "\(stateDirectory)/tls/development.crt"
            key = "\(stateDirectory)/tls/development.key"
        }
    }

    /// How long a new one is valid; browsers refuse more than 398 days.
    private static let lifetime: TimeInterval = 390 * 86_400

    /// Finds the one made before, or makes one where there is none or where it expires within a week.
    ///
    /// - Returns: whether it was made now.
    static func provide(stateDirectory: String) throws -> (paths: Paths, isNew: Bool) {
        let paths = Paths(stateDirectory: stateDirectory)
        if Files.exists(paths.key), let bytes = try? Files.read(paths.chain),
            let certificate = try? Certificate(pemEncoded: String(decoding: bytes, as: UTF8.self)),
            certificate.notValidAfter > Date(timeIntervalSinceNow: 7 * 86_400)
        {
            return (paths, false)
        }
        let key = P256.Signing.PrivateKey()
        let certificate = try make(key: Certificate.PrivateKey(key))
        try Files.makeDirectory("\(stateDirectory)/tls", mode: 0o750)
        try Files.write(Array(key.pemRepresentation.utf8), to: paths.key, mode: 0o600)
        try Files.write(Array(try certificate.serializeAsPEM().pemString.utf8), to: paths.chain, mode: 0o644)
        return (paths, true)
    }

    private static func make(key: Certificate.PrivateKey) throws -> Certificate {
        let name = try DistinguishedName {
            CommonName("stent development certificate")
        }
        return try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3_600),
            notValidAfter: Date(timeIntervalSinceNow: lifetime),
            issuer: name,
            subject: name,
            extensions: try Certificate.Extensions {
                // An authority of itself, so that `curl --cacert` and trust stores take it as their anchor.
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"),
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(ASN1OctetString(contentBytes: ArraySlice([UInt8](repeating: 0, count: 15) + [1]))),
                ])
            },
            issuerPrivateKey: key)
    }
}
