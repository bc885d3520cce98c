/// What became of one request, told from the lines of the trail.
package struct TraceStory: Sendable {
    private let id: String
    private var records: [TrailRecord] = []
    /// Lines that there was no room for.
    private var further = 0
    private let limit: Int

    /// - Parameter limit: of lines; a job of the outbox may be tried for days.
    package init(id: String, limit: Int = 1_000) {
        self.id = id
        self.limit = limit
    }

    package mutating func add(_ record: TrailRecord) {
        guard records.count < limit else {
            further += 1
            return
        }
        records.append(record)
    }

    package var isEmpty: Bool { records.isEmpty }

    package func text(_ style: TerminalText.Style) -> String {
        let view = LineView(style, dates: .shown)
        var lines: [String] = []
        let own = records.filter { $0.id == id }
        let intents = own.filter { $0.phase == .intent }
        let outcomes = own.filter { $0.phase == .outcome }
        lines += intents.map(view.text)
        for outcome in outcomes {
            lines.append(view.text(outcome))
            lines += facts(outcome, view)
            lines += outcome.tries.enumerated().map { attempt($0.offset + 1, $0.element, style) }
            lines.append("  \(end(outcome))")
        }
        if outcomes.isEmpty {
            lines.append(
                own.isEmpty
                    ? "the request itself is not in the trail"
                    : "  no outcome is in the trail: it is still under way, or stent died meanwhile")
        }
        let children = records.filter { $0.parent == id && $0.id != id }
        if !children.isEmpty { lines.append("stent asked, for it:") }
        for child in children {
            let name = child.id.map { "  id \(TerminalText.safe($0))" } ?? ""
            lines.append("  \(view.text(child))\(name)")
        }
        if further > 0 { lines.append("\(further) more lines are not shown") }
        return lines.joined(separator: "\n")
    }

    private func facts(_ record: TrailRecord, _ view: LineView) -> [String] {
        var facts: [(String, String?)] = [
            ("from", record.client), ("by", record.user == nil && record.staff == nil ? nil : view.who(record)),
            ("with", record.agent), ("route", record.route), ("for", record.parent),
        ]
        if let type = record.resourceType {
            let whose = record.owner.map { $0.isEmpty ? ", nobody's" : ", owner \($0)" } ?? ""
            facts.append(("about", "\(type)\(record.resourceID.map { " \($0)" } ?? "")\(whose)"))
        }
        for decision in record.decisions {
            facts.append((decision.policy, "\(decision.result), \(decision.reason) (\(decision.mode))"))
        }
        facts.append(("override", record.override))
        facts.append(("cache", record.cache))
        return facts.compactMap { name, value in
            value.map { "  \(TerminalText.padded(TerminalText.safe(name), to: 9)) \(TerminalText.safe($0))" }
        }
    }

    private func attempt(_ number: Int, _ attempt: TrailRecord.Try, _ style: TerminalText.Style) -> String {
        var words = ["  try \(number)"]
        if attempt.isVerification { words.append("(asks whether it took effect)") }
        if attempt.isHedge { words.append("(beside another)") }
        if attempt.isProbe { words.append("(feels whether the service is back)") }
        if let start = attempt.start { words.append("at +\(LineView.span(start))") }
        if let pause = attempt.pause { words.append("after a pause of \(LineView.span(pause))") }
        if let duration = attempt.duration { words.append("took \(LineView.span(duration)):") }
        words.append(attempt.status.map { "answered \($0)" } ?? "no answer")
        if let cause = attempt.cause { words.append("- \(TerminalText.safe(cause))") }
        return TerminalText.paint(words.joined(separator: " "), attempt.cause == nil ? nil : .yellow, style)
    }

    private func end(_ record: TrailRecord) -> String {
        var text = record.status.map { "the client was sent \($0)" } ?? "the client was sent no answer"
        if let duration = record.duration { text += " after \(LineView.span(duration))" }
        if let queue = record.queue, queue.count > 0 { text += ", \(LineView.span(queue)) of it waiting for its turn" }
        if let backoff = record.backoff, backoff.count > 0 { text += ", \(LineView.span(backoff)) in pauses" }
        if let reason = record.reason { text += ": \(TerminalText.safe(reason))" }
        if let outcome = record.outcome { text += " (outcome \(TerminalText.safe(outcome)))" }
        return text
    }
}
