import NIOCore
import NIOSSL
import StentModel

/// TLS towards clients: versions, ciphers, and which certificate is presented for which name.
package struct ServerTLS: Sendable {
    /// Only ECDHE with an AEAD (RFC 9325 §4.2); TLS 1.3 has no others.
    static let cipherSuites: [NIOTLSCipher] = [
        .TLS_AES_128_GCM_SHA256,
        .TLS_AES_256_GCM_SHA384,
        .TLS_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// A certificate chain with its key, and the names it is for.
    package struct Identity: Sendable {
        /// PEM text, the leaf first.
        package var chain: [UInt8]
        /// PEM text.
        package var key: [UInt8]
        /// DNS names of the leaf, lower case; `*.` in front stands for one label (RFC 6125 §6.4.3).
        package var names: [String]

        package init(chain: [UInt8], key: [UInt8], names: [String]) {
            self.chain = chain
            self.key = key
            self.names = names
        }
    }

    private let context: NIOSSLContext

    /// - Parameter identities: at least one; the first is presented where no name matches.
    /// - Throws: what is wrong with a chain or key.
    package init(identities: [Identity], minimum: HTTPSListener.TLSVersion) throws {
        let loaded = try identities.map { identity in
            let chain = try NIOSSLCertificate.fromPEMBytes(identity.chain).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
            return (chain: chain, key: key, names: identity.names)
        }
        guard let first = loaded.first else { throw NIOSSLError.unableToValidateCertificate }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain, privateKey: first.key)
        configuration.minimumTLSVersion = minimum == .tls13 ? .tlsv13 : .tlsv12
        configuration.cipherSuiteValues = Self.cipherSuites
        configuration.renegotiationSupport = .none
        configuration.applicationProtocols = ["http/1.1"]
        if loaded.count > 1 {
            configuration.sslContextCallback = { values, promise in
                var override = NIOSSLContextConfigurationOverride.noChanges
                let name = values.serverHostname?.lowercased()
                if let name, let match = loaded.first(where: { Self.matches($0.names, name) }) {
                    override.certificateChain = match.chain
                    override.privateKey = match.key
                }
                promise.succeed(override)
            }
        }
        context = try NIOSSLContext(configuration: configuration)
    }

    func makeHandler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context) }

    static func matches(_ names: [String], _ host: String) -> Bool {
        names.contains { name in
            if name == host { return true }
            guard name.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
            return host[dot...] == name.dropFirst()
        }
    }
}
