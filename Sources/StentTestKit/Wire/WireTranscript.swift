import Synchronization

/// What every party saw and did, in order, for the message of a failure.
package final class WireTranscript: Sendable {
    private let lines = Mutex<[String]>([])

    package init() {}

    func note(_ party: String, _ what: String) {
        lines.withLock { $0.append("\(party) \(what)") }
    }

    package var text: String {
        lines.withLock { lines in
            let shown =
                lines.count > 80
                ? lines.prefix(40) + ["... \(lines.count - 80) lines ..."] + lines.suffix(40) : lines[...]
            return shown.map { "    " + $0 }.joined(separator: "\n")
        }
    }
}
