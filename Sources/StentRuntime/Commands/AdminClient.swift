import Glibc
import StentModel

/// Asks the admin endpoint of the stent that serves some settings, over a plain socket: the endpoint is our own, and so
/// is the codec that writes its answers.
struct AdminClient {
    struct Answer {
        var status: Int
        var content: [UInt8]
    }

    /// Seconds that the answer may take.
    private static let patience = 5
    /// Bytes of an answer.
    private static let limit = 16 << 20

    private let address: ListenAddress

    /// - Throws: `StentServer.Failure` where there is no admin endpoint; what is wrong with the settings.
    init(_ config: String) throws {
        guard let listener = try ConfigFile.load(config).settings.listen.admin else {
            throw StentServer.Failure("listen.admin is not set, so there is nobody to ask")
        }
        address = listener.address
    }

    func get(_ target: String) throws -> Answer { try ask("GET \(target)", []) }

    func post(_ target: String, json: String) throws -> Answer {
        let content = Array(json.utf8)
        return try ask("POST \(target)", content)
    }

    /// What a JSON answer holds.
    ///
    /// - Throws: `StentServer.Failure` for any other status than 200, with what the answer says of it.
    func document(_ answer: Answer) throws -> JSONDocument {
        guard let document = try? JSONDocument(answer.content) else {
            guard answer.status == 200 else { throw strange(answer.status) }
            throw StentServer.Failure("the answer of \(shown) is not JSON")
        }
        guard answer.status == 200 else {
            guard document.root[name: "reason"]?.string?.hasPrefix("admin.") == true else {
                throw strange(answer.status)
            }
            throw StentServer.Failure(Self.text(problem: document.root))
        }
        return document
    }

    private func strange(_ status: Int) -> StentServer.Failure {
        StentServer.Failure("\(shown) answered \(status); is it stent's admin endpoint?")
    }

    private static func text(problem: JSONValue) -> String {
        let errors = problem[name: "errors"].map { Array($0.elements) } ?? []
        let lines = errors.map { error in
            let place = error[name: "pointer"]?.string ?? ""
            return "\(place.isEmpty ? "" : "\(place.dropFirst()): ")\(error[name: "detail"]?.string ?? "")"
        }
        return lines.isEmpty ? problem[name: "detail"]?.string ?? "" : lines.joined(separator: "\n")
    }

    private var shown: String {
        address.host.contains(":") ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
    }

    // MARK: The question

    private func ask(_ line: String, _ content: [UInt8]) throws -> Answer {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let info = found else {
            throw StentServer.Failure("listen.admin.address: \(shown) is no address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(info.pointee.ai_family, info.pointee.ai_socktype, 0)
        guard descriptor >= 0 else { throw StentServer.Failure("no socket: \(cause)") }
        defer { close(descriptor) }
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        guard connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else {
            throw StentServer.Failure(
                "nobody answers at \(shown): \(cause); is stent running with these settings?")
        }
        let framing =
            content.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n"
        let head = "\(line) HTTP/1.1\r\nHost: \(shown)\r\n\(framing)Connection: close\r\n\r\n"
        let request = Array(head.utf8) + content
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw StentServer.Failure("\(shown) took no request: \(cause)")
        }
        return try parse(receive(descriptor))
    }

    private func receive(_ descriptor: Int32) throws -> [UInt8] {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answer.count <= Self.limit {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { return answer }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StentServer.Failure("\(shown) did not answer: \(cause)") }
            answer.append(contentsOf: chunk[..<count])
        }
        throw StentServer.Failure("the answer of \(shown) is too long")
    }

    private func parse(_ answer: [UInt8]) throws -> Answer {
        let line = String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
        guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)),
            let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
        else { throw StentServer.Failure("\(shown) answered `\(line)`; is it stent's admin endpoint?") }
        return Answer(status: status, content: Array(answer[end.upperBound...]))
    }

    private var cause: String { String(cString: strerror(errno)) }
}
