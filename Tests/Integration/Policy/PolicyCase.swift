import Foundation
import StentTestKit

/// A sentence about what may or may not be done to HOSP, with the requests that show it.
///
/// Read from Tests/Forgeries, whose README describes the form. scripts/try-rails carries out the same files.
struct PolicyCase: Sendable {
    /// Against which service it works when nothing stands before it.
    enum Teeth: String {
        case both, hosp, rails, none

        var biteHosp: Bool { self == .both || self == .hosp }
    }

    /// How alike two answers have to be.
    enum Comparison: String {
        case answer, status
    }

    var name: String
    var kind: String
    var teeth = Teeth.none
    var compare = Comparison.answer
    var steps: [PolicyStep] = []

    func needs(_ word: String) -> Bool { steps.contains { $0.texts.contains { $0.contains("{\(word)}") } } }

    struct Malformed: Error {
        var place: String
    }

    // MARK: reading

    /// Every case of the files of a folder of Tests/Forgeries, those with `each` once for each value.
    static func all(in folder: String = "") throws -> [PolicyCase] {
        let directory = "\(StentHarness.repository)/Tests/Forgeries/\(folder)"
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted().filter { $0.hasSuffix(".txt") }
            .flatMap { try read("\(directory)/\($0)") }
    }

    /// The kinds of the cases in a folder, in order.
    static func kinds(in folder: String = "") throws -> [String] {
        try all(in: folder).map(\.kind).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private typealias Line = (place: String, text: String)

    private static func read(_ path: String) throws -> [PolicyCase] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var cases: [PolicyCase] = []
        var kind = ""
        var block: [Line] = []
        func finish() throws {
            cases += try expand(block, kind: kind)
            block = []
        }
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("["), line.hasSuffix("]") {
                try finish()
                kind = String(line.dropFirst().dropLast())
            } else if !line.isEmpty, !line.hasPrefix("#") {
                if line.hasPrefix("= ") { try finish() }
                block.append(("\(path):\(index + 1)", line))
            }
        }
        try finish()
        return cases
    }

    private static func expand(_ block: [Line], kind: String) throws -> [PolicyCase] {
        guard !block.isEmpty else { return [] }
        let variants = block.filter { $0.text.hasPrefix("each ") }
        let lines = block.filter { !$0.text.hasPrefix("each ") }
        guard !variants.isEmpty else { return [try PolicyCase(lines, kind: kind)] }
        return try variants.map { variant in
            let (teeth, value) = try pair(variant, dropping: 5)
            let filled = lines.map { ($0.place, $0.text.replacingOccurrences(of: "{each}", with: value)) }
            var made = try PolicyCase(filled, kind: kind)
            guard let known = Teeth(rawValue: teeth) else { throw Malformed(place: variant.place) }
            made.teeth = known
            return made
        }
    }

    private init(_ lines: [Line], kind: String) throws {
        name = String(lines[0].text.dropFirst(2))
        self.kind = kind
        for line in lines.dropFirst() {
            if line.text.hasPrefix("> ") {
                steps.append(PolicyStep(line: String(line.text.dropFirst(2)), place: line.place))
            } else if steps.isEmpty {
                let (key, value) = try Self.pair(line, dropping: 0)
                if key == "teeth", let teeth = Teeth(rawValue: value) {
                    self.teeth = teeth
                } else if key == "compare", let compare = Comparison(rawValue: value) {
                    self.compare = compare
                } else {
                    throw Malformed(place: line.place)
                }
            } else {
                steps[steps.count - 1].add(line.text)
            }
        }
    }

    private static func pair(_ line: Line, dropping count: Int) throws -> (String, String) {
        let text = line.text.dropFirst(count)
        guard let colon = text.range(of: ": ") else { throw Malformed(place: line.place) }
        return (String(text[..<colon.lowerBound]), String(text[colon.upperBound...]))
    }
}
