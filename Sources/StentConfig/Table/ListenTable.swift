import StentModel

/// The rows of `listen`.
enum ListenTable {
    static let rows: [Row<ListenSettings>] = [
        .optionalSection(
            "https", \.https, blank: HTTPSListener(address: blank), https, absent: "no HTTPS listener",
            "The listener for clients."),
        .optionalSection(
            "http", \.http, blank: HTTPListener(address: blank),
            [
                address("Where plaintext is accepted."),
                .value(
                    "redirect_to_https", \.redirectToHTTPS, .flag, .value("false"),
                    "Answer everything with a 308 to the same URL on the HTTPS port."),
            ], absent: "no plaintext listener", "The plaintext listener."),
        .optionalSection(
            "admin", \.admin, blank: AdminListener(address: blank),
            [address("Where health and metrics are served; a loopback address.")],
            absent: "no admin listener", "Health, readiness and metrics."),
        .list(
            "trusted_proxies", \.trustedProxies, of: .block, .value("[]"),
            "Peers whose `X-Forwarded-For`, `-Proto` and `-Host` are believed."),
        .value(
            "backlog", \.backlog, .count(1...65_535), .value("4096"), reload: false,
            "Connections that the kernel holds before they are accepted; it may cap the number."),
    ]

    private static let https: [Row<HTTPSListener>] = [
        address("Where TLS is accepted."),
        .sections(
            "certificates", \.certificates, blank: HTTPSListener.Certificate(chain: "", key: ""),
            [
                .value(
                    "chain", \.chain, .path(orEmpty: true), .value(""),
                    "PEM file: the certificate, then its issuers."),
                .value("key", \.key, .path(orEmpty: true), .value(""), "PEM file: the private key, not encrypted."),
            ], minimum: 1, .value("[{}]"),
            """
            The certificates; the name that a client asks for selects one, and the first is for all other names. With \
            both paths empty stent makes a development certificate in the state directory.
            """),
        .value(
            "minimum_tls", \.minimumTLS, .choice(of: HTTPSListener.TLSVersion.self), .value("1.2"),
            "The oldest version of TLS that is spoken."),
        .value(
            "hsts", \.hsts, .either("off", .duration(.zero ... .seconds(3_650 * 86_400))), .value("365d"),
            "`max-age` of Strict-Transport-Security: how long browsers insist on HTTPS. `0s` makes them forget it."),
    ]

    /// What a listener's required address is set on.
    private static let blank = ListenAddress(host: "", port: 0)

    private static func address<Listener: HasAddress>(_ sentence: String) -> Row<Listener> {
        .value(
            "address", \.address, .listenAddress, .required, reload: false,
            "\(sentence) Port 0 takes a free one.")
    }
}

/// A listener of any kind, so that one row serves all three.
private protocol HasAddress {
    var address: ListenAddress { get set }
}

extension HTTPSListener: HasAddress {}
extension HTTPListener: HasAddress {}
extension AdminListener: HasAddress {}
