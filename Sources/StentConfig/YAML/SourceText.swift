/// The text of a configuration file, known to be UTF-8 without control characters and of bounded size.
struct SourceText: Sendable {
    /// Far above any real configuration, and small enough that a mistaken path (a log, a disk image) is refused
    /// quickly.
    static let maximumSize = 256 << 10

    let text: String
    /// The Unicode scalars of each line, by which a place is looked up.
    private let lines: [[Unicode.Scalar]]

    /// - Parameters:
    ///   - bytes: the file's content; a byte order mark is dropped.
    ///   - maximumSize: in bytes; whole KiB.
    /// - Throws: what makes it unreadable as text.
    init(_ bytes: [UInt8], maximumSize: Int = Self.maximumSize) throws(ConfigProblem) {
        guard bytes.count <= maximumSize else {
            throw ConfigProblem(
                .syntax, at: .start,
                "the file is larger than \(maximumSize >> 10)KiB; is it a configuration at all?")
        }
        var lines: [[Unicode.Scalar]] = [[]]
        var place = Place.start
        var text = String.UnicodeScalarView()
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var isFirst = true
        var isAfterReturn = false
        decoding: while true {
            switch decoder.decode(&iterator) {
            case .emptyInput:
                break decoding
            case .error:
                throw ConfigProblem(.syntax, at: place, "the file is not UTF-8")
            case .scalarValue(let scalar):
                defer { isFirst = false }
                if isFirst, scalar == "\u{FEFF}" { continue }
                guard Self.isPrintable(scalar) else {
                    let name = String(scalar.value, radix: 16, uppercase: true)
                    throw ConfigProblem(.syntax, at: place, "the control character U+\(name) can't stand in YAML")
                }
                // CR and CRLF are line ends too (YAML 1.2.2 §5.4); one form of them keeps places and parser in step.
                defer { isAfterReturn = scalar == "\r" }
                if scalar == "\n", isAfterReturn { continue }
                let isLineEnd = scalar == "\n" || scalar == "\r"
                text.append(isLineEnd ? "\n" : scalar)
                if isLineEnd {
                    lines.append([])
                    place = Place(line: place.line + 1, column: 1)
                } else {
                    lines[lines.count - 1].append(scalar)
                    place.column += 1
                }
            }
        }
        self.text = String(text)
        self.lines = lines
    }

    /// The scalar at a place; `nil` at a line's end and beyond.
    func scalar(at place: Place) -> Unicode.Scalar? {
        guard lines.indices.contains(place.line - 1) else { return nil }
        let line = lines[place.line - 1]
        return line.indices.contains(place.column - 1) ? line[place.column - 1] : nil
    }

    /// The nearest place inside the text: the parser sees a line end behind the last line, written or not.
    func clamped(_ place: Place) -> Place {
        guard place.line > lines.count, let last = lines.last else { return place }
        return Place(line: lines.count, column: last.count + 1)
    }

    /// Whether the line is indented by a tab anywhere.
    func isIndentedByTab(line number: Int) -> Bool {
        guard lines.indices.contains(number - 1) else { return false }
        return lines[number - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
    }

    /// The first alias of an anchor of this file.
    ///
    /// A scan by characters, not a parse, and made before one: a mapping key that is an alias of aliases costs the
    /// parser exponential time. A false alarm needs `&name` and `*name` of one name, both at the start of a word and
    /// outside comments.
    func firstAlias() -> Place? {
        var anchors: Set<String> = []
        var aliases: [(name: String, place: Place)] = []
        for (number, line) in lines.enumerated() {
            var quotes = 0
            for (index, scalar) in line.enumerated() {
                let before = index == 0 ? " " : line[index - 1]
                if scalar == "\"" || scalar == "'" { quotes += 1 }
                let startsWord = " \t[{,".unicodeScalars.contains(before)
                guard startsWord else { continue }
                if scalar == "#", quotes.isMultiple(of: 2) { break }
                guard scalar == "&" || scalar == "*" else { continue }
                let name = line[(index + 1)...].prefix { !" \t,[]{}:".unicodeScalars.contains($0) }
                guard !name.isEmpty else { continue }
                let word = String(String.UnicodeScalarView(name))
                if scalar == "&" {
                    anchors.insert(word)
                } else {
                    aliases.append((word, Place(line: number + 1, column: index + 1)))
                }
            }
        }
        return aliases.first { anchors.contains($0.name) }?.place
    }

    /// The text with one scalar exchanged, so that every place stays what it was.
    func replacing(at place: Place, with scalar: Unicode.Scalar) -> SourceText {
        var copy = lines
        guard self.scalar(at: place) != nil else { return self }
        copy[place.line - 1][place.column - 1] = scalar
        return SourceText(lines: copy)
    }

    private init(lines: [[Unicode.Scalar]]) {
        self.lines = lines
        text = String(String.UnicodeScalarView(lines.joined(separator: ["\n"])))
    }

    /// YAML 1.2.2 §5.1, without what libyaml takes for further line breaks.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        case 0x1_0000...0x10_FFFF: true
        default: false
        }
    }
}
