import Foundation
import HospKit
import StentModel
import StentTestKit
import Testing

/// A line of the audit trail, with what the policies add to it.
struct PolicyLine: Decodable {
    struct Actor: Decodable, Equatable {
        var user: String
        var id: String?
    }

    struct Resource: Decodable, Equatable {
        var type: String
        var id: String?
        var owner: String?
    }

    struct Decision: Decodable, Equatable {
        var policy: String
        var mode: String
        var result: String
        var reason: String

        init(_ policy: String, _ mode: String, _ result: String, _ reason: String) {
            self.policy = policy
            self.mode = mode
            self.result = result
            self.reason = reason
        }
    }

    struct Details: Decodable {
        var caller: String?
        var reason: String?
    }

    var event: String
    var id: String?
    var listener: String?
    var purpose: String?
    var `for`: String?
    var method: String?
    var path: String?
    var status: Int?
    var reason: String?
    var outcome: String?
    var actor: Actor?
    var resource: Resource?
    var decisions: [Decision]?
    var override: String?
    var details: Details?
}

extension StentHarness {
    /// The audit trail so far.
    func trail() throws -> [PolicyLine] {
        try auditLines().map { try JSONDecoder().decode(PolicyLine.self, from: Data($0.utf8)) }
    }

    /// The line of the exchange that ended with this answer; it is written soon after.
    func line(of answer: RawMessage) async throws -> PolicyLine {
        let id = try #require(answer["x-request-id"])
        var found: PolicyLine?
        _ = await eventually {
            found = try self.trail().first { $0.id == id }
            return found != nil
        }
        return try #require(found, "the trail has no line of \(id)")
    }

    /// How often a policy decided so.
    func decisions(_ policy: String, _ mode: String, _ result: String, _ reason: String) async throws -> Double {
        try await metric(
            "stent_policy_decisions_total{policy=\"\(policy)\",mode=\"\(mode)\",result=\"\(result)\",reason=\"\(reason)\"}"
        )
    }

    /// The members of `/status`.
    func status() async throws -> [String: Any] {
        let answer = try await admin("/status")
        return try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    /// A settings file for commands: `hosp.yaml` with this stent's state directory and admin port.
    func settingsFile() throws -> String {
        let directory = "\(Self.repository)/config"
        let text = try String(contentsOfFile: "\(directory)/hosp.yaml", encoding: .utf8)
            .replacingOccurrences(of: "${STENT_STATE_DIR:-./var}", with: stateDirectory)
            .replacingOccurrences(of: "${STENT_ADMIN_PORT:-9180}", with: "\(adminPort)")
            .replacingOccurrences(of: "openapi: hosp.openapi.yaml", with: "openapi: \(directory)/hosp.openapi.yaml")
        let path = "\(stateDirectory)/hosp.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

extension HospServer {
    /// How often HOSP was asked this, such as `GET /staffs/me`.
    func asked(_ route: String) async throws -> Int { try await counters().arrivedByRoute[route] ?? 0 }

    /// Requests of whatever kind.
    var arrived: Int { get async throws { try await counters().arrived } }

    func note(_ id: Int) async throws -> Record? { try await records().find(.notes, id) }

    /// Every attempt of one exchange fails, where there is no breaker whose probes come on top.
    func fail(_ method: String, _ path: String) async throws {
        try await inject(Injection(.fault(.errorBefore), count: 8, method: method, pathPrefix: path))
    }
}

/// Runs a test against a stent with `hosp.yaml`, all its policies, and an upstream that is a script.
func withRuledStent(
    before script: @escaping ScriptedUpstream.Script, change: (inout Settings) -> Void = { _ in },
    _ body: (StentHarness) async throws -> Void
) async throws {
    let upstream = try await ScriptedUpstream.start(script)
    do {
        try await withStent("hosp.yaml", upstream: upstream.port, policies: true) {
            $0.makeQuick()
            change(&$0)
        } _: {
            try await body($0)
        }
        await upstream.stop()
    } catch {
        await upstream.stop()
        throw error
    }
}

extension RawMessage {
    /// A problem document's list of what is wrong where.
    var problems: [(pointer: String, detail: String)] {
        let document = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let list = document?["errors"] as? [[String: String]] ?? []
        return list.map { ($0["pointer"] ?? "", $0["detail"] ?? "") }
    }
}

/// A request with credentials, and JSON where there is content.
func request(
    _ method: String, _ target: String, _ content: String? = nil, as staff: Int = 1, _ fields: String = ""
) -> String {
    let type =
        content == nil || fields.lowercased().contains("content-type") ? "" : "Content-Type: application/json\r\n"
    let length = content.map { "Content-Length: \($0.utf8.count)\r\n" } ?? ""
    return "\(method) \(target) HTTP/1.1\r\nHost: a.example\r\n\(credentials(staff))\(type)\(fields)\(length)\r\n"
        + (content ?? "")
}

/// A value of Authorization.
func basic(_ text: String) -> String { "Basic \(Data(text.utf8).base64EncodedString())" }

extension Settings {
    /// `ownership.resources[].name: note`.
    var notes: OwnedResourceSettings {
        get { ownership.resources.first { $0.name == "note" } ?? OwnedResourceSettings() }
        set { ownership.resources = ownership.resources.map { $0.name == "note" ? newValue : $0 } }
    }

    /// `ownership.resources[].name: staff`.
    var staffs: OwnedResourceSettings {
        get { ownership.resources.first { $0.name == "staff" } ?? OwnedResourceSettings() }
        set { ownership.resources = ownership.resources.map { $0.name == "staff" ? newValue : $0 } }
    }

    /// Nothing is refused, everything is judged.
    mutating func onlyReport() {
        contract?.requests = .report
        notes.mode = .report
    }
}

/// A note that HOSP begins with, whose author the tests' staff 1 is not; and its author.
enum Seeded {
    static let note = 5
    static let author = 16
    static let stranger = 2
}
