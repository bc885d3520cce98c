import Glibc
import StentModel

/// `stent status`: asks the admin endpoint of the stent that serves these settings.
package enum StatusCommand {
    /// Seconds that the answer may take.
    private static let patience = 5
    /// Bytes of an answer.
    private static let limit = 16 << 20

    /// - Returns: 1 where nobody answers, or stent is not ready.
    package static func run(_ config: String, asJSON: Bool) -> (text: String, code: Int32) {
        do {
            guard let listener = try ConfigFile.load(config).settings.listen.admin else {
                return ("listen.admin is not set, so there is nobody to ask", 1)
            }
            let body = try fetch(listener.address)
            guard let document = try? JSONDocument(body) else {
                return ("the answer of \(shown(listener.address)) is not JSON", 1)
            }
            let isReady = document.root[name: "state"]?.string == "ready"
            let text = asJSON ? String(decoding: body, as: UTF8.self) : self.text(document.root)
            return (text, isReady ? 0 : 1)
        } catch {
            return ("\(error)", 1)
        }
    }

    private static func shown(_ address: ListenAddress) -> String {
        address.host.contains(":") ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
    }

    // MARK: Text

    private static func text(_ root: JSONValue) -> String {
        func value(_ parent: JSONValue?, _ name: String) -> String {
            let value = parent?[name: name]
            return value?.string ?? value?.number ?? (value?.kind == .true ? "yes" : "no")
        }
        var lines = [
            "stent \(value(root, "version")): \(value(root, "state")) (settings \(value(root, "settings")))",
            "audit trail writable: \(value(root, "audit_writable"))",
        ]
        if let ledger = root[name: "ledger"] {
            lines.append("owners known: \(value(ledger, "records")) records")
        }
        if let outbox = root[name: "outbox"] {
            lines.append(
                "outbox: \(value(outbox, "waiting")) waiting (\(value(outbox, "waiting_for_author")) for their author), "
                    + "\(value(outbox, "waiting_for_store")) in memory only, \(value(outbox, "written")) written, \(value(outbox, "refused")) refused, "
                    + "\(value(outbox, "not_kept")) not kept")
            for job in outbox[name: "jobs"].map({ Array($0.elements) }) ?? [] {
                lines.append(
                    "  \(value(job, "id"))  \(value(job, "created"))  by \(value(job, "author_name")) "
                        + "(id \(value(job, "author")))  to \(value(job, "target"))  sent \(value(job, "tries")) times")
            }
        }
        let findings = root[name: "answers_differing"].map { Array($0.elements) } ?? []
        if !findings.isEmpty { lines.append("answers that are not as the contract says:") }
        for finding in findings {
            lines.append(
                "  \(value(finding, "count")) x \(value(finding, "operation")) \(value(finding, "status")): "
                    + "\(value(finding, "pointer")) \(value(finding, "problem"))")
        }
        return lines.joined(separator: "\n")
    }

    // MARK: The question

    /// A GET of `/status` over a plain socket: the endpoint is our own, and so is the codec that wrote the answer.
    private static func fetch(_ address: ListenAddress) throws -> [UInt8] {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let info = found else {
            throw StentServer.Failure("listen.admin.address: \(shown(address)) is no address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(info.pointee.ai_family, info.pointee.ai_socktype, 0)
        guard descriptor >= 0 else { throw StentServer.Failure("no socket: \(cause())") }
        defer { close(descriptor) }
        var time = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        guard connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else {
            throw StentServer.Failure(
                "nobody answers at \(shown(address)): \(cause()); is stent running with these settings?")
        }
        let request = Array("GET /status HTTP/1.1\r\nHost: \(shown(address))\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw StentServer.Failure("\(shown(address)) took no request: \(cause())")
        }
        return try content(of: receive(descriptor, address), address)
    }

    private static func receive(_ descriptor: Int32, _ address: ListenAddress) throws -> [UInt8] {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answer.count <= limit {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { return answer }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StentServer.Failure("\(shown(address)) did not answer: \(cause())") }
            answer.append(contentsOf: chunk[..<count])
        }
        throw StentServer.Failure("the answer of \(shown(address)) is too long")
    }

    private static func content(of answer: [UInt8], _ address: ListenAddress) throws -> [UInt8] {
        let gap = Array("\r\n\r\n".utf8)
        guard answer.starts(with: "HTTP/1.1 200 ".utf8), let end = answer.firstRange(of: gap) else {
            let line = String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
            throw StentServer.Failure("\(shown(address)) answered `\(line)`; is it stent's admin endpoint?")
        }
        return Array(answer[end.upperBound...])
    }

    private static func cause() -> String { String(cString: strerror(errno)) }
}
