import Foundation
import NIOSSL
import StentModel
import StentTestKit
import Testing

/// A line of the audit trail, as far as the tests look at it.
struct AuditEntry: Decodable {
    struct Try: Decodable {
        var status: Int?
        var cause: String?
        var reused: Bool
    }

    var event: String
    var id: String?
    var reason: String?
    var status: Int?
    var outcome: String?
    var retry: String?
    var path: String?
    var tries: [Try]?

    /// The exchanges among the lines of a trail, events left out.
    static func exchanges(_ lines: [String]) throws -> [AuditEntry] {
        try lines.map { try JSONDecoder().decode(AuditEntry.self, from: Data($0.utf8)) }.filter {
            $0.event == "exchange"
        }
    }
}

/// Runs a test against a stent with a shipped settings file, and stops it.
///
/// - Parameters:
///   - policies: whether identity, contract and ownership hold; tests of other things ask for what no contract knows.
///   - change: what the test sets differently.
/// - Returns: the audit trail's exchanges.
@discardableResult
func withStent(
    _ shipped: String = "minimal.yaml", upstream port: Int, workers: Int = 1, policies: Bool = false,
    change: (inout Settings) throws -> Void = { _ in }, _ body: (StentHarness) async throws -> Void
) async throws -> [AuditEntry] {
    var settings = try StentHarness.settings(shipped: shipped, upstreamPort: port, workers: workers)
    settings.timeouts.drain = .seconds(5)
    if !policies { settings.removePolicies() }
    // What is not asked for twice can't be seen at the upstream.
    settings.cache = nil
    try change(&settings)
    let stent = try await StentHarness.start(settings)
    do {
        try await body(stent)
    } catch {
        _ = try? await stent.stop()
        throw error
    }
    return try AuditEntry.exchanges(try await stent.stop())
}

/// The same with an upstream that is a script.
@discardableResult
func withStent(
    _ shipped: String = "minimal.yaml", before script: @escaping ScriptedUpstream.Script, policies: Bool = false,
    change: (inout Settings) throws -> Void = { _ in },
    _ body: (StentHarness, ScriptedUpstream) async throws -> Void
) async throws -> [AuditEntry] {
    let upstream = try await ScriptedUpstream.start(script)
    do {
        let trail = try await withStent(shipped, upstream: upstream.port, policies: policies, change: change) {
            try await body($0, upstream)
        }
        await upstream.stop()
        return trail
    } catch {
        await upstream.stop()
        throw error
    }
}

/// Answers every request with 200 and its target.
let echoingTargets: ScriptedUpstream.Script = { connection, _ in
    while true {
        let request = try await connection.message(within: .seconds(600))
        try await connection.send(ok(request.target))
    }
}

func ok(_ body: String) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)" }

func get(_ target: String, _ fields: String = "") -> String {
    "GET \(target) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n"
}

func post(_ target: String, _ body: String, _ fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: a.example\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

extension StentHarness {
    func connect(receiveBuffer: Int? = nil) async throws -> RawConnection {
        try await RawConnection.open(port: httpPort, receiveBuffer: receiveBuffer)
    }

    /// Over TLS, with the development certificate verified for `localhost`.
    func connectSecurely(_ change: (inout TLSConfiguration) -> Void = { _ in }) async throws -> RawConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(developmentCertificate))
        configuration.applicationProtocols = ["http/1.1"]
        change(&configuration)
        return try await RawConnection.open(port: httpsPort, tls: configuration, serverName: "localhost")
    }

    var developmentCertificate: String { "\(stateDirectory)/tls/development.crt" }

    /// One request on a connection of its own.
    func once(_ request: String) async throws -> RawMessage {
        let connection = try await connect()
        defer { connection.channel.close(promise: nil) }
        return try await connection.exchange(request)
    }

    /// A request to the admin endpoint.
    func admin(_ path: String, method: String = "GET") async throws -> RawMessage {
        let connection = try await RawConnection.open(port: adminPort)
        defer { connection.channel.close(promise: nil) }
        return try await connection.exchange("\(method) \(path) HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
    }

    /// A sample of the metrics page; 0 where there is none.
    func metric(_ sample: String) async throws -> Double {
        let page = try await admin("/metrics").text
        let line = page.split(separator: "\n").first { $0.hasPrefix("\(sample) ") }
        return line.flatMap { Double($0.dropFirst(sample.count + 1)) } ?? 0
    }
}

extension Settings {
    /// Any request may be made, by anybody, and nothing is written down.
    mutating func removePolicies() {
        identity = nil
        contract = nil
        ownership = OwnershipSettings()
        for index in routes.indices { routes[index].recordAsNote = nil }
    }
}
