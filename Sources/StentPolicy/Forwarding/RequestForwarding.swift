import StentModel

/// Builds the head that goes upstream: anew, from what the client's head may contribute.
///
/// Runs of unchanged field lines are copied as they stand. Dropped are hop-by-hop fields and those that Connection names,
/// Expect (answered by us), and the forwarding fields, which are set from what this hop knows (RFC 9110 §7.6).
package struct RequestForwarding: Sendable, Equatable {
    /// What this hop knows of the client.
    package struct Client: Sendable {
        package var address: PeerAddress
        package var isTLS: Bool
        /// The connection's peer is a proxy whose forwarding fields are believed.
        package var isTrustedProxy: Bool

        package init(address: PeerAddress, isTLS: Bool, isTrustedProxy: Bool) {
            self.address = address
            self.isTLS = isTLS
            self.isTrustedProxy = isTrustedProxy
        }
    }

    package init() {}

    /// Appends request line and field section, the empty line included.
    ///
    /// - Parameters:
    ///   - authority: sent as Host where the client named none at all (HTTP/1.0).
    package func append(
        _ head: borrowing RequestHead, id: RequestID, client: Client, authority: [UInt8], to output: inout [UInt8]
    ) {
        appendRequestLine(head, to: &output)
        appendFields(head, client: client, to: &output)
        if head.fields.first(.host) == nil {
            output.append("Host: ")
            appendAuthority(of: head, else: authority, to: &output)
            output.append("\r\n")
        }
        appendFraming(head, to: &output)
        appendForwarding(head, client: client, to: &output)
        output.append("X-Request-Id: ")
        id.append(to: &output, head: head)
        output.append("\r\n\r\n")
    }

    private func appendRequestLine(_ head: borrowing RequestHead, to output: inout [UInt8]) {
        if let text = head.method.text {
            output.append(text)
        } else {
            output.append(contentsOf: head.fields.bytes[head.methodText.range])
        }
        output.append(0x20)
        let target = head.pathAndQuery
        if target.isEmpty || head.fields.bytes[target.lowerBound] == 0x3F { output.append(0x2F) }
        output.append(contentsOf: head.fields.bytes[target.range])
        output.append(" HTTP/1.1\r\n")
    }

    private func appendFields(_ head: borrowing RequestHead, client: Client, to output: inout [UInt8]) {
        head.fields.append(to: &output) { passes($0, of: head, client: client) }
    }

    private func passes(_ line: FieldLine, of head: borrowing RequestHead, client: Client) -> Bool {
        if HopByHop.includes(line.field) { return false }
        switch line.field {
        case .contentLength, .expect, .xRequestID: return false  // written from what was decoded
        case .xForwardedFor, .xForwardedHost, .xForwardedProto, .xForwardedPort, .xRealIP, .forwarded, .via:
            return false  // appended below, with or without what was there
        case _: return !head.nominatesFields || !HopByHop.isNominated(line, in: head.fields)
        }
    }

    /// The authority of an absolute-form target (RFC 9112 §3.2.2), or the upstream's.
    private func appendAuthority(of head: borrowing RequestHead, else upstream: [UInt8], to output: inout [UInt8]) {
        let target = head.fields.bytes[head.target.range]
        let isAbsolute = head.pathAndQuery.offset != head.target.offset && target.first != 0x2F && target.first != 0x2A
        guard isAbsolute, let colon = target.firstIndex(of: 0x3A), colon + 3 <= target.endIndex else {
            return output.append(contentsOf: upstream)
        }
        output.append(contentsOf: target[(colon + 3)...].prefix { $0 != 0x2F && $0 != 0x3F })
    }

    private func appendFraming(_ head: borrowing RequestHead, to output: inout [UInt8]) {
        switch head.framing {
        case .none:
            // RFC 9110 §8.6: a method that anticipates content says that there is none.
            switch head.method {
            case .post, .put, .patch: output.append("Content-Length: 0\r\n")
            case .get, .head, .delete, .options, .connect, .trace, .other: break
            }
        case .length(let count):
            output.append("Content-Length: ")
            output.append(decimal: count)
            output.append("\r\n")
        case .chunked, .untilClose:
            output.append("Transfer-Encoding: chunked\r\n")
        }
    }

    private func appendForwarding(_ head: borrowing RequestHead, client: Client, to output: inout [UInt8]) {
        appendList("Via: ", earlier: .via, of: head, to: &output)
        output.append(head.version.viaName)
        output.append(" stent\r\n")
        if client.isTrustedProxy {
            appendList("X-Forwarded-For: ", earlier: .xForwardedFor, of: head, to: &output)
        } else {
            output.append("X-Forwarded-For: ")
        }
        client.address.append(to: &output)
        output.append("\r\n")
        if client.isTrustedProxy, let proto = head.fields.first(.xForwardedProto) {
            append("X-Forwarded-Proto: ", proto.value, of: head, to: &output)
        } else if client.isTLS {
            output.append("X-Forwarded-Proto: https\r\n")
        } else {
            output.append("X-Forwarded-Proto: http\r\n")
        }
        if client.isTrustedProxy, let host = head.fields.first(.xForwardedHost) {
            append("X-Forwarded-Host: ", host.value, of: head, to: &output)
        } else if let host = head.fields.first(.host) {
            append("X-Forwarded-Host: ", host.value, of: head, to: &output)
        }
    }

    private func append(
        _ name: StaticString, _ value: Slot, of head: borrowing RequestHead, to output: inout [UInt8]
    ) {
        output.append(name)
        output.append(contentsOf: head.fields.bytes[value.range])
        output.append("\r\n")
    }

    /// The name, and the elements that earlier hops wrote, each followed by a comma.
    private func appendList(
        _ name: StaticString, earlier field: FieldName, of head: borrowing RequestHead, to output: inout [UInt8]
    ) {
        output.append(name)
        for line in head.fields.lines where line.field == field && !line.value.isEmpty {
            output.append(contentsOf: head.fields.bytes[line.value.range])
            output.append(", ")
        }
    }
}
