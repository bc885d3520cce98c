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

    /// The one form of a request that was decided on, where that goes upstream and not its spelling.
    package struct Canonical: Sendable, Equatable {
        package enum Content: Sendable, Equatable {
            /// As it was received.
            case asReceived
            /// There is none.
            case none
            /// Another text of this media type, in bytes.
            case replaced(type: [UInt8], length: Int)
        }

        /// Path and query.
        package var target: [UInt8]
        package var content: Content

        package init(target: [UInt8], content: Content) {
            self.target = target
            self.content = content
        }
    }

    /// Names of further fields that are for stent alone, in lower case.
    private let ownFields: [[UInt8]]

    package init(ownFields: [String] = []) { self.ownFields = ownFields.map { Array($0.lowercased().utf8) } }

    /// Appends request line and field section, the empty line included.
    ///
    /// - Parameters:
    ///   - canonical: what goes upstream instead of the target and content of `head`.
    ///   - condition: field lines by which a stored response is validated; the client's own conditions and ranges are
    ///     then for the cache. `nil` where they go upstream.
    ///   - authority: sent as Host where the client named none at all (HTTP/1.0).
    package func append(
        _ head: borrowing RequestHead, as canonical: Canonical? = nil, condition: [UInt8]? = nil, id: RequestID,
        client: Client, authority: [UInt8], to output: inout [UInt8]
    ) {
        appendMethod(head, to: &output)
        if let canonical {
            output.append(contentsOf: canonical.target)
        } else {
            appendTarget(head, to: &output)
        }
        output.append(" HTTP/1.1\r\n")
        let content = canonical?.content ?? .asReceived
        appendFields(head, content: content, isConditional: condition != nil, client: client, to: &output)
        if let condition { output.append(contentsOf: condition) }
        if head.fields.first(.host) == nil {
            output.append("Host: ")
            appendAuthority(of: head, else: authority, to: &output)
            output.append("\r\n")
        }
        switch content {
        case .asReceived: appendFraming(head.framing, of: head.method, to: &output)
        case .none: appendFraming(.none, of: head.method, to: &output)
        case .replaced(let type, let length):
            output.append("Content-Type: ")
            output.append(contentsOf: type)
            output.append("\r\n")
            appendFraming(length > 0 ? .length(length) : .none, of: head.method, to: &output)
        }
        appendForwarding(head, client: client, to: &output)
        output.append("X-Request-Id: ")
        id.append(to: &output, head: head)
        output.append("\r\n\r\n")
    }

    private func appendMethod(_ head: borrowing RequestHead, to output: inout [UInt8]) {
        if let text = head.method.text {
            output.append(text)
        } else {
            output.append(contentsOf: head.fields.bytes[head.methodText.range])
        }
        output.append(0x20)
    }

    private func appendTarget(_ head: borrowing RequestHead, to output: inout [UInt8]) {
        let target = head.pathAndQuery
        if target.isEmpty || head.fields.bytes[target.lowerBound] == 0x3F { output.append(0x2F) }
        output.append(contentsOf: head.fields.bytes[target.range])
    }

    private func appendFields(
        _ head: borrowing RequestHead, content: Canonical.Content, isConditional: Bool, client: Client,
        to output: inout [UInt8]
    ) {
        head.fields.append(to: &output) { line in
            passes(line, of: head, content: content, client: client)
                && (!isConditional || RevalidationRule.passes(line.field))
        }
    }

    private func passes(
        _ line: FieldLine, of head: borrowing RequestHead, content: Canonical.Content, client: Client
    ) -> Bool {
        if HopByHop.includes(line.field) { return false }
        switch line.field {
        case .contentLength, .expect, .xRequestID: return false  // written from what was decoded
        case .xForwardedFor, .xForwardedHost, .xForwardedProto, .xForwardedPort, .xRealIP, .forwarded, .via:
            return false  // appended below, with or without what was there
        case .contentType where content != .asReceived, .contentEncoding where content != .asReceived:
            return false  // of content that is not sent
        case .other where !ownFields.isEmpty && isOwn(line, head.fields): return false
        case _: return !head.nominatesFields || !HopByHop.isNominated(line, in: head.fields)
        }
    }

    private func isOwn(_ line: FieldLine, _ fields: borrowing FieldSection) -> Bool {
        for name in ownFields where fields.isNamed(line, name) { return true }
        return false
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

    private func appendFraming(_ framing: BodyFraming, of method: Method, to output: inout [UInt8]) {
        switch framing {
        case .none:
            // RFC 9110 §8.6: a method that anticipates content says that there is none.
            switch method {
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
