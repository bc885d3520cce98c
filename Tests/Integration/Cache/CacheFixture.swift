import StentModel
import StentTestKit
import Synchronization
import Testing

/// An origin whose answers a test writes, and that counts what it is asked.
final class CacheOrigin: Sendable {
    typealias Answer = @Sendable (_ request: RawMessage, _ number: Int) -> String

    private let seen = Mutex<[String]>([])
    private let answer: Answer
    private let delay: Duration

    /// - Parameter delay: before each answer.
    init(delay: Duration = .zero, _ answer: @escaping Answer) {
        self.answer = answer
        self.delay = delay
    }

    /// Method and target of each request, in the order they came.
    var requests: [String] { seen.withLock { $0 } }

    var script: ScriptedUpstream.Script {
        { [self] connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                let number = seen.withLock {
                    $0.append("\(request.method) \(request.target)")
                    return $0.count
                }
                // proof: an origin that takes its time is what the test is about
                if delay > .zero { try await Task.sleep(for: delay) }
                try await connection.send(answer(request, number))
            }
        }
    }
}

/// An answer with these fields, and a content that says which one it is.
func stored(_ fields: String, _ body: String, status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// Runs a test against a stent that caches by the upstream's word alone.
@discardableResult
func withCache(
    before origin: CacheOrigin, change: (inout Settings) throws -> Void = { _ in },
    _ body: (StentHarness) async throws -> Void
) async throws -> [AuditEntry] {
    try await withStent(before: origin.script) { settings in
        settings.cache = CacheSettings()
        try change(&settings)
    } _: { stent, _ async throws in
        try await body(stent)
    }
}

extension StentHarness {
    /// One request, and its Cache-Status without what changes from time to time.
    func cached(_ request: String) async throws -> (status: Int, text: String, cache: String, age: Int?) {
        let answer = try await once(request)
        let parts = (answer["Cache-Status"] ?? "").split(separator: "; ").filter { !$0.hasPrefix("ttl=") }
        return (
            answer.status, answer.text, parts.dropFirst().joined(separator: "; "), answer["Age"].flatMap { Int($0) }
        )
    }
}
