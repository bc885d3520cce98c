import StentModel

/// Who the client is behind proxies that are trusted.
///
/// X-Forwarded-For is believed only from a configured proxy, and read from its end: the first address that is not itself a
/// trusted proxy's is the client's. Anything before it was written by somebody who is not trusted.
package struct ClientAddress: Sendable, Equatable {
    package var trustedProxies: [AddressBlock]

    package init(trustedProxies: [AddressBlock]) { self.trustedProxies = trustedProxies }

    package func isTrusted(_ peer: PeerAddress) -> Bool {
        guard !trustedProxies.isEmpty else { return false }
        let bytes = peer.bytes
        return trustedProxies.contains { $0.contains(bytes) }
    }

    /// - Parameter peer: a trusted proxy's address.
    package func resolve(_ head: borrowing RequestHead, peer: PeerAddress) -> PeerAddress {
        var elements: [Slot] = []
        for line in head.fields.lines where line.field == .xForwardedFor {
            head.fields.forEachToken(of: line.value) {
                elements.append($0)
                return true
            }
        }
        var client = peer
        for element in elements.reversed() {
            guard let address = PeerAddress(parsing: head.fields.text(element)) else { return client }
            client = address
            guard isTrusted(address) else { return client }
        }
        return client
    }
}
