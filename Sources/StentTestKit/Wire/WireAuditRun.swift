/// Compares the audit trail with what a case expects of it.
struct WireAuditRun {
    /// The keys of an audit line that the language has words for.
    private enum Key {
        static let event = "event"
        static let exchange = "exchange"
        static let reason = "reason"
        static let status = "status"
        static let outcome = "outcome"
        static let attempts = "tries"
        static let cause = "cause"
    }

    let audit: WireAudit
    /// The lines about exchanges, in order.
    let lines: [String]

    /// Drops lines about the proxy itself (started, stopped, reopened).
    static func exchanges(in lines: [String]) -> [String] {
        lines.filter { line in
            let event = WireJSON(Array(line.utf8))?.text(at: Key.event)
            return event == nil || event == Key.exchange
        }
    }

    func check() throws {
        guard lines.count == audit.lineCount else {
            throw failure("expected \(audit.lineCount) lines; got \(lines.count)", audit.place)
        }
        var number = 1
        for step in audit.steps {
            if case .line(let next) = step.action {
                number = next
                continue
            }
            if case .expectLines = step.action { continue }
            if case .expectNoText(let text) = step.action {
                guard !lines.contains(where: { $0.contains(text) }) else {
                    throw failure("expected `\(text)` nowhere in the trail", step.place)
                }
                continue
            }
            guard lines.indices.contains(number - 1), let line = WireJSON(Array(lines[number - 1].utf8)) else {
                throw failure("there is no line \(number) of JSON", step.place)
            }
            if let wanted = unmet(step.action, in: line) {
                throw failure("expected \(wanted); got \(lines[number - 1])", step.place)
            }
        }
    }

    /// The expectation in words, where the line doesn't meet it.
    private func unmet(_ action: WireAudit.Action, in line: WireJSON) -> String? {
        switch action {
        case .expectLines, .line, .expectNoText: return nil
        case .expectReason(let reason): return unmet(Key.reason, .equals(Array(reason.utf8)), in: line)
        case .expectStatus(let status):
            // 0: the client was sent none, which the line says as null.
            return unmet(Key.status, status == 0 ? .absent : .equals(Array(String(status).utf8)), in: line)
        case .expectOutcome(let outcome):
            return unmet(Key.outcome, outcome == "none" ? .absent : .equals(Array(outcome.utf8)), in: line)
        case .expectTries(let count):
            return attempts(in: line).count == count ? nil : "\(count) tries"
        case .expectCause(let cause):
            return attempts(in: line).contains { $0.text(at: Key.cause) == cause } ? nil : "a try with cause \(cause)"
        case .expectField(let path, let match): return unmet(path, match, in: line)
        }
    }

    private func unmet(_ path: String, _ match: WireMatch, in line: WireJSON) -> String? {
        let values = line.text(at: path).map { [Array($0.utf8)] } ?? []
        return match.holds(for: values) ? nil : "\(path) \(match)"
    }

    private func attempts(in line: WireJSON) -> [WireJSON] {
        guard case .array(let attempts) = line.value(at: Key.attempts) else { return [] }
        return attempts
    }

    private func failure(_ message: String, _ place: WirePlace) -> WireFailure {
        WireFailure(message, party: "audit", at: place)
    }
}
