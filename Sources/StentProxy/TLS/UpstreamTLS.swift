import NIOCore
import NIOSSL
import StentModel

/// How stent speaks TLS to an https upstream: always verified, by the system's authorities or those in the settings.
package struct UpstreamTLS: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// - Parameter authorities: PEM text of the authorities to trust; `nil` is the system's.
    /// - Throws: what is wrong with the authorities.
    package init(_ settings: UpstreamSettings, authorities: [UInt8]?) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = ServerTLS.cipherSuites
        configuration.applicationProtocols = ["http/1.1"]
        if let authorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
        }
        context = try NIOSSLContext(configuration: configuration)
        serverName = settings.tls.serverName
    }

    func makeHandler(for server: UpstreamServer) throws -> NIOSSLClientHandler {
        let name = serverName ?? server.host
        // RFC 6066 §3: an address is no server name; the certificate is then verified against the address.
        let isAddress = PeerAddress(parsing: name) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
    }
}
