/// A line of the trail as one line for people: when, what came of it, how long it took, who asked for what, and why.
package struct LineView: Sendable {
    private let style: TerminalText.Style
    /// Whether the date is written before the time.
    private let dates: Dates

    package enum Dates: Sendable {
        case shown
        case left
    }

    package init(_ style: TerminalText.Style, dates: Dates = .left) {
        self.style = style
        self.dates = dates
    }

    package func text(_ record: TrailRecord) -> String {
        switch record.phase {
        case .outcome: outcome(record)
        case .intent: intent(record)
        case nil: event(record)
        }
    }

    private func outcome(_ record: TrailRecord) -> String {
        var parts = [
            time(record), status(record), TerminalText.aligned(record.duration.map(Self.span) ?? "-", to: 7),
            TerminalText.padded(who(record), to: 12), what(record),
        ]
        parts += notes(record)
        return parts.joined(separator: "  ")
    }

    private func intent(_ record: TrailRecord) -> String {
        [
            time(record), paint("...", .faint), TerminalText.aligned("", to: 7),
            TerminalText.padded(who(record), to: 12),
            what(record), paint("is sent", .faint),
        ].joined(separator: "  ")
    }

    private func event(_ record: TrailRecord) -> String {
        let details = record.details.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        return [time(record), paint(safe(record.event ?? "?"), .magenta), safe(details)].filter { !$0.isEmpty }
            .joined(separator: "  ")
    }

    private func notes(_ record: TrailRecord) -> [String] {
        var notes: [String] = []
        let tries = record.tries
        if tries.count > 1 {
            let failed = tries.dropLast().map { $0.status.map(String.init) ?? $0.cause ?? "?" }.joined(separator: " ")
            notes.append(paint("\(tries.count) tries (\(safe(failed)))", .yellow))
        }
        if let cache = record.cache {
            let colour: TerminalText.Colour = cache == "hit" || cache == "validated" ? .cyan : .faint
            notes.append(paint("cache \(safe(cache))\(record.isCollapsed ? " collapsed" : "")", colour))
        }
        for decision in record.decisions where decision.isRefusal {
            let words = decision.isEnforced ? "refused" : "would be refused"
            notes.append(paint("\(words): \(safe(decision.reason))", .red))
        }
        if let override = record.override { notes.append(paint("overrides: \(safe(override))", .magenta)) }
        if let outcome = record.outcome, outcome == "unknown" { notes.append(paint("outcome unknown", .red)) }
        if let reason = record.reason, reason != "exchange.answered",
            !record.decisions.contains(where: { $0.isRefusal && $0.reason == reason })
        {
            notes.append(paint(safe(reason), .faint))
        }
        if let purpose = record.purpose { notes.append(paint("own: \(safe(purpose))", .faint)) }
        return notes
    }

    private func time(_ record: TrailRecord) -> String {
        let text = record.time ?? ""
        // 2026-03-01T09:30:00.123456Z
        guard text.utf8.count == 27, text.utf8.allSatisfy({ $0 < 0x80 }) else { return safe(text) }
        let clock = String(text.dropFirst(11).prefix(12))
        return paint(dates == .shown ? "\(text.prefix(10)) \(clock)" : clock, .faint)
    }

    private func status(_ record: TrailRecord) -> String {
        guard let status = record.status else { return paint("---", .red) }
        let colour: TerminalText.Colour? =
            switch status {
            case 200..<300: .green
            case 300..<400: .cyan
            case 400..<500: .yellow
            case 500...: .red
            default: nil
            }
        return paint(String(status), colour)
    }

    func who(_ record: TrailRecord) -> String {
        switch (record.user, record.staff) {
        case (let user?, let id?): safe("\(user) (\(id))")
        case (let user?, nil): safe(user)
        case (nil, let id?): safe("(\(id))")
        case (nil, nil): record.client.map(safe) ?? "-"
        }
    }

    private func what(_ record: TrailRecord) -> String {
        "\(TerminalText.padded(safe(record.method ?? "?"), to: 6)) \(paint(safe(record.path ?? "?"), .bold))"
    }

    /// Three figures or so.
    static func span(_ time: Microseconds) -> String {
        switch time.count {
        case ..<10_000: "\(time.count / 1_000).\(time.count / 100 % 10)ms"
        case ..<10_000_000: "\(time.count / 1_000)ms"
        default: "\(time.count / 1_000_000)s"
        }
    }

    private func safe(_ text: String) -> String { TerminalText.safe(text) }
    private func paint(_ text: String, _ colour: TerminalText.Colour?) -> String {
        TerminalText.paint(text, colour, style)
    }
}
