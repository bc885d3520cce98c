import StentModel

/// Writes a good answer down as a record: a screening as a note that reads well to a vet.
///
/// The note's first line is the answer's summary; a line for each result follows, in the answer's order. Its title holds
/// a reference that no other note has, so that the note can be told from every other when it is not clear whether it was
/// written.
package struct RecordRule: Sendable, Equatable {
    /// Why an answer can't be written down.
    package enum Obstacle: String, Sendable, CaseIterable {
        case notJSON = "answer-not-json"
        /// The summary is missing, or no text.
        case noSummary = "answer-without-summary"
        /// The list of results is missing, or holds something else than texts.
        case noLines = "answer-without-lines"
        /// The route has no such parameter.
        case noSubject = "request-without-subject"
    }

    package enum Result: Sendable, Equatable {
        /// The record as JSON.
        case record([UInt8])
        case unreadable(Obstacle)
    }

    /// What the record says beside the answer.
    package struct Facts: Sendable {
        /// Parameters of the request's path.
        package var parameters: [(name: String, value: String)]
        package var author: Principal
        /// Unlike that of any other record.
        package var reference: String
        package var time: WallTime

        package init(
            parameters: [(name: String, value: String)], author: Principal, reference: String, time: WallTime
        ) {
            self.parameters = parameters
            self.author = author
            self.reference = reference
            self.time = time
        }
    }

    private let settings: RecordAsNoteSettings

    package init(_ settings: RecordAsNoteSettings) { self.settings = settings }

    /// - Parameter answer: the content of a good answer.
    package func record(of answer: [UInt8], _ facts: Facts) -> Result {
        guard let document = try? JSONDocument(answer) else { return .unreadable(.notJSON) }
        guard let summary = document.root[name: settings.summary]?.string else { return .unreadable(.noSummary) }
        guard let lines = document.root[name: settings.lines], lines.kind == .array else {
            return .unreadable(.noLines)
        }
        guard let subject = facts.parameters.first(where: { $0.name == settings.subject })?.value else {
            return .unreadable(.noSubject)
        }
        var body = Self.line(summary)
        var number = 0
        for element in lines.elements {
            guard let text = element.string else { return .unreadable(.noLines) }
            number += 1
            body += "\n\(number). \(Self.line(text))"
        }
        var output: [UInt8] = []
        output.append("{")
        Self.append(settings.titleMember, JSONString.json(title(facts)), to: &output)
        output.append(",")
        Self.append(settings.bodyMember, JSONString.json(body), to: &output)
        output.append(",")
        Self.append(settings.subjectMember, Self.reference(to: subject), to: &output)
        output.append(",")
        Self.append(settings.authorMember, Self.reference(to: facts.author.id), to: &output)
        output.append("}")
        return .record(output)
    }

    private func title(_ facts: Facts) -> String {
        var title = ""
        var rest = settings.title[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            title += rest[..<open]
            let name = rest[rest.index(after: open)..<close]
            switch name {
            case "reference": title += facts.reference
            case "time": title += Self.minute(facts.time)
            case _: title += facts.parameters.first { $0.name == name }?.value ?? ""
            }
            rest = rest[rest.index(after: close)...]
        }
        return title + rest
    }

    /// One line, whatever the text holds.
    private static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.lazy.map { breaks($0) ? " " : $0 }))
    }

    private static func breaks(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x85 || scalar.value == 0x2028
            || scalar.value == 0x2029
    }

    /// Ids are numbers where they look like some, as the upstream writes them.
    private static func reference(to id: String) -> String {
        let isNumber =
            (1...18).contains(id.utf8.count) && id.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            && (id == "0" || !id.hasPrefix("0"))
        return isNumber ? id : JSONString.json(id)
    }

    private static func append(_ name: String, _ json: String, to output: inout [UInt8]) {
        JSONString.append(name, to: &output)
        output.append(":")
        output.append(contentsOf: json.utf8)
    }

    /// `2026-03-01 09:30 UTC`.
    private static func minute(_ time: WallTime) -> String {
        let minutes = Int(time.nanoseconds / 60_000_000_000)
        let date = CivilDate(daysSince1970: minutes / 1_440)
        func pair(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(pair(minutes / 60 % 24)):\(pair(minutes % 60))"
        return "\(date.year)-\(pair(date.month))-\(pair(date.day)) \(clock) UTC"
    }
}
