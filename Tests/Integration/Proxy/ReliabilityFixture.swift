import Foundation
import HospKit
import StentModel
import StentTestKit
import Synchronization
import Testing

/// Runs a test against a stent with `hosp.yaml` before a HOSP without delays, and stops both. Pauses and probes are
/// short, so that a test need not wait for what it is not about.
///
/// - Parameter change: what the test sets differently.
@discardableResult
func withReliableStent(
    timeScale: Double = 0, workers: Int = 1, policies: Bool = true, change: (inout Settings) -> Void = { _ in },
    _ body: (StentHarness, HospServer) async throws -> Void
) async throws -> [AuditEntry] {
    let hosp = try await HospServer.start(HospOptions(timeScale: timeScale))
    do {
        let trail = try await withStent(
            "hosp.yaml", upstream: hosp.port, workers: workers, policies: policies
        ) { settings in
            settings.makeQuick()
            change(&settings)
        } _: { stent async throws in
            try await body(stent, hosp)
        }
        try await hosp.stop()
        return trail
    } catch {
        try? await hosp.stop()
        throw error
    }
}

/// The same without identity, contract and ownership, for tests of what happens to a request once it may be made.
@discardableResult
func withUnruledStent(
    timeScale: Double = 0, workers: Int = 1, change: (inout Settings) -> Void = { _ in },
    _ body: (StentHarness, HospServer) async throws -> Void
) async throws -> [AuditEntry] {
    try await withReliableStent(
        timeScale: timeScale, workers: workers, policies: false, change: change, body)
}

extension Settings {
    /// Plaintext, and waits of milliseconds instead of seconds.
    mutating func makeQuick() {
        listen.http?.redirectToHTTPS = false
        retry.backoffBase = .milliseconds(1)
        retry.backoffMaximum = .milliseconds(50)
        breaker?.probeEvery = .milliseconds(50)
        breaker?.probeMaximum = .milliseconds(100)
        settle = .milliseconds(100)
    }

    /// Of every route that verifies.
    var settle: Duration {
        get { routes.lazy.compactMap(\.resend?.settle).first ?? .zero }
        set { for index in routes.indices { routes[index].resend?.settle = newValue } }
    }
}

/// The fields of a request of this member of the staff.
func credentials(_ staff: Int = 1) -> String {
    "Authorization: Basic \(Data("staff\(staff):secret\(staff)".utf8).base64EncodedString())\r\n"
}

func note(_ title: String = "Check", patient: Int = 3) -> String {
    #"{"title":"\#(title)","body":"All well.","patient_id":\#(patient),"staff_id":1}"#
}

/// A POST with JSON.
///
/// - Parameter key: the value of Idempotency-Key as it is sent.
func create(_ target: String, _ content: String, staff: Int = 1, key: String? = nil) -> String {
    let key = key.map { "Idempotency-Key: \($0)\r\n" } ?? ""
    return post(target, content, "\(credentials(staff))Content-Type: application/json\r\n\(key)")
}

func create(_ content: String, staff: Int = 1, key: String? = nil) -> String {
    create("/notes", content, staff: staff, key: key)
}

extension RawMessage {
    /// What stent says about its own answer.
    var reason: String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["reason"] as? String
    }
    /// Of the record that was answered.
    var recordID: Int? { (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["id"] as? Int }
}

extension HospServer {
    /// The notes of this title, newest first.
    func notes(_ title: String) async throws -> [Record] {
        try await records().all(.notes).filter { $0.text("title") == title }
    }

    /// Requests that came with this method.
    func arrived(_ method: String) async throws -> [Arrival] { try await arrivals().filter { $0.method == method } }

    /// Past stent.
    func ask(_ request: String) async throws -> RawMessage {
        let connection = try await RawConnection.open(port: port)
        defer { connection.channel.close(promise: nil) }
        return try await connection.exchange(request)
    }
}

extension StentHarness {
    /// Requests at once, each on a connection of its own.
    func together(_ requests: [String]) async throws -> [RawMessage] {
        try await withThrowingTaskGroup(of: (Int, RawMessage).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await self.once(request)) }
            }
            var answers: [(Int, RawMessage)] = []
            for try await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Waits until so many clients are connected, beside the one that asks for it.
    func comesToHave(clients count: Int) async -> Bool {
        await eventually { try await self.metric("stent_connections_open") == Double(count + 1) }
    }

    /// Waits until so many exchanges are under way.
    func comesToHave(exchanges count: Int) async -> Bool {
        await eventually { try await self.metric("stent_exchanges_active") == Double(count) }
    }
}

/// An upstream that answers nobody until the test lets it, and then everybody: a POST with 201, the rest with 200.
final class HeldUpstream: Sendable {
    private let isOpen = Atomic(false)
    private let seen = Mutex<[String]>([])

    /// Method and target of each request, in the order they came.
    var requests: [String] { seen.withLock { $0 } }

    func open() { isOpen.store(true, ordering: .relaxed) }

    var script: ScriptedUpstream.Script {
        { [self] connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                let number = seen.withLock {
                    $0.append("\(request.method) \(request.target)")
                    return $0.count
                }
                guard await eventually({ self.isOpen.load(ordering: .relaxed) }) else { return }
                let body = #"{"id":\#(number)}"#
                let status = request.method == "POST" ? "201 Created" : "200 OK"
                try await connection.send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
    }
}
