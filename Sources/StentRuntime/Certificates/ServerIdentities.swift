import StentModel
import StentProxy
import X509

/// Loads the certificates that the settings name.
enum ServerIdentities {
    /// What is wrong with a certificate, and where.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameter stateDirectory: where a development certificate is made for an entry without paths; `nil` leaves such
    ///   entries out.
    /// - Returns: the identities, and the path of a development certificate that was made now.
    static func load(
        _ listener: HTTPSListener, stateDirectory: String?
    ) throws -> (identities: [ServerTLS.Identity], development: (path: String, isNew: Bool)?) {
        var development: (path: String, isNew: Bool)?
        var identities: [ServerTLS.Identity] = []
        for certificate in listener.certificates {
            var paths = (chain: certificate.chain, key: certificate.key)
            if paths.chain.isEmpty, paths.key.isEmpty {
                guard let stateDirectory else { continue }
                let made = try DevelopmentCertificate.provide(stateDirectory: stateDirectory)
                paths = (made.paths.chain, made.paths.key)
                development = (made.paths.chain, made.isNew)
            }
            let chain = try Files.read(paths.chain)
            identities.append(
                ServerTLS.Identity(
                    chain: chain, key: try Files.read(paths.key), names: try names(in: chain, path: paths.chain)))
        }
        return (identities, development)
    }

    /// The DNS names of the leaf (RFC 6125 §6.4: the common name is not looked at).
    private static func names(in chain: [UInt8], path: String) throws -> [String] {
        do {
            let leaf = try Certificate(pemEncoded: String(decoding: chain, as: UTF8.self))
            guard let names = try leaf.extensions.subjectAlternativeNames else { return [] }
            return names.compactMap { if case .dnsName(let name) = $0 { name.lowercased() } else { nil } }
        } catch {
            throw Failure(description: "\(path) holds no certificate that can be read: \(error)")
        }
    }
}
