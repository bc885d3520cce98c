import StentPolicy
import Testing

@Suite struct `A schema's pattern` {
    @Test(
        arguments: [
            ("", ["", "a"], []),
            ("a", ["a", "xay"], ["", "b", "A"]),
            ("^a$", ["a"], ["aa", "xa", "a\n", "", "a\nb"]),
            ("^(a|bc|)d", ["ad", "bcd", "dx"], ["cd", "abcd", ""]),
            ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
            ("^(?:a|b)*$", ["", "a", "abba"], ["abc"]),
            ("^a.c$", ["abc", "a\u{E9}c", "a\u{1F600}c"], ["a\nc", "a\rc", "a\u{2028}c", "ac", "abbc"]),
            ("^[a-c]+$", ["a", "cab"], ["", "d", "A", "-"]),
            ("^[^a-c]$", ["d", "\n", "\u{1F600}"], ["a", "b", "", "dd"]),
            ("^[-a]$", ["-", "a"], ["b"]), ("^[a-]$", ["-", "a"], ["b"]), ("^[a\\-c]$", ["-", "a", "c"], ["b"]),
            ("^[a-c-e]$", ["a", "b", "-", "e"], ["d"]), ("^[+--]$", ["+", ",", "-"], ["."]),
            ("^[.*+?^$(){}|]$", [".", "*", "+", "?", "^", "$", "(", ")", "{", "}", "|"], ["a"]),
            ("^[\\]\\\\]$", ["]", "\\"], ["["]), ("^[\\d_]$", ["7", "_"], ["a"]), ("^[^\\d\\s]$", ["a"], ["7", " "]),
            ("[]", [], ["", "a"]), ("^[^]$", ["a", "\n"], [""]), ("^[\\b]$", ["\u{8}"], ["b"]),
            ("^\\d$", ["0", "9"], ["a", "\u{663}", ""]), ("^\\D$", ["a", "\u{663}"], ["0"]),
            ("^\\w$", ["a", "Z", "0", "_"], ["-", "\u{E9}", "\u{212A}"]), ("^\\W$", ["-", "\u{E9}"], ["a"]),
            ("^\\s$", [" ", "\t", "\n", "\u{B}", "\u{A0}", "\u{FEFF}", "\u{3000}", "\u{2029}"], ["a", "\u{200B}"]),
            ("^\\S$", ["a", "\u{200B}"], [" ", "\u{A0}"]),
            ("^\\t\\n\\v\\f\\r\\0$", ["\t\n\u{B}\u{C}\r\0"], ["tnvfr0"]),
            ("^\\x41\\u0042\\u{43}\\cA$", ["ABC\u{1}"], ["ABCA"]), ("^\\u{01F600}$", ["\u{1F600}"], ["\u{1F601}"]),
            ("^\\uD83D\\uDE00$", ["\u{1F600}"], ["\u{1F601}"]), ("^[\\u0041-\\u{43}]$", ["B"], ["D"]),
            ("^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$", ["^$\\.*+?()[]{}|/"], [""]),
            ("^a?$", ["", "a"], ["aa"]), ("^a*$", ["", "aaa"], ["b"]), ("^a+$", ["a", "aaa"], ["", "b"]),
            ("^a{2}$", ["aa"], ["a", "aaa"]), ("^a{2,}$", ["aa", "aaaa"], ["a"]),
            ("^a{1,2}$", ["a", "aa"], ["", "aaa"]),
            ("^a{0}$", [""], ["a"]), ("^(ab){2}c$", ["ababc"], ["abc"]),
            ("^a??b*?c+?d{1,2}?$", ["abbccdd", "cd"], ["d"]),
            ("^(a*)*$", ["", "aa"], ["b"]), ("^(a*b?)*$", ["abab"], ["c"]), ("^(()|a)+$", ["", "a"], ["b"]),
            ("^(^|a)*$", ["", "aa"], ["b"]), ("($|a)b", ["ab"], ["b"]), ("a^", [], ["a", "aa"]), ("$a", [], ["a"]),
            ("^\\S(.*\\S)?$", ["a", "a b"], ["", " a", "a "]),
            ("\u{E9}|\u{1F600}", ["\u{E9}", "x\u{1F600}"], ["e\u{301}"]),
        ] as [(String, [String], [String])])
    func `matches as ECMA-262 says`(pattern: String, good: [String], bad: [String]) throws {
        let pattern = try SchemaPattern(pattern)
        for text in good { #expect(pattern.matches(text), "\(text.debugDescription)") }
        for text in bad { #expect(!pattern.matches(text), "\(text.debugDescription)") }
    }

    @Test(arguments: [
        ("(?=a)", "look-around", 0), ("a(?!b)", "look-around", 1), ("(?<=a)", "look-around", 0),
        ("(?<!a)", "look-around", 0), ("(?<n>a)", "names a group", 0), ("(a)\\1", "back-reference", 3),
        ("\\k<n>", "back-reference", 0), ("\\bfoo", "word boundary", 0), ("\\B", "word boundary", 0),
        ("\\p{L}", "property of Unicode", 0), ("[\\P{L}]", "property of Unicode", 1),
        ("(a", "not closed", 0), ("a)", "not open", 1), ("[a", "not closed", 0), ("[a\\]", "not closed", 0),
        ("(?", "look-around", 0), ("*", "repeats nothing", 0), ("a|+", "repeats nothing", 2),
        ("(?:?)", "repeats nothing", 3), ("a**", "repeats a repetition", 0), ("a{1}{2}", "repeats a repetition", 0),
        ("a???", "repeats a repetition", 0), ("^*", "repeats an anchor", 1), ("a$+", "repeats an anchor", 2),
        ("{", "means nothing", 0), ("}", "means nothing", 0), ("]", "means nothing", 0), ("a{", "no count", 1),
        ("a{,2}", "no count", 1), ("a{x}", "no count", 1), ("a{2", "no count", 1), ("a{2,1}", "swapped", 1),
        ("[b-a]", "swapped", 2), ("[\\d-z]", "range between", 3), ("[a-\\w]", "range between", 2),
        ("\\", "ends in a backslash", 0), ("\\a", "means nothing", 0), ("\\-", "means nothing", 0),
        ("\\01", "octal", 0), ("\\x4", "two hexadecimal", 0), ("\\u12", "four hexadecimal", 0),
        ("\\u{110000}", "names no character", 0), ("\\u{}", "names no character", 0),
        ("\\u{D800}", "names no character", 0), ("\\uD83D", "surrogate", 0), ("\\uDE00", "surrogate", 0),
        ("\\uD83D\\u0041", "surrogate", 0), ("\\c1", "without a letter", 0), ("a{1001}", "more than 1000", 2),
        ("a{99999999999999999999}", "more than 1000", 2),
        ("(a{50}){50}", "too many steps", 0), ("((((a{9}){9}){9}){9}){9}", "too many steps", 0),
        ("(((){1000}){1000}){1000}", "too many steps", 0),
    ])
    func `is refused where it is broken or can't be matched in linear time`(
        pattern: String, sentence: String, offset: Int
    ) throws {
        let fault = #expect(throws: PatternFault.self) { try SchemaPattern(pattern) }
        #expect(fault?.sentence.contains(sentence) == true, "\(String(describing: fault))")
        #expect(fault?.offset == offset)
    }

    @Test func `is refused where it is too long or too deep`() {
        #expect(throws: PatternFault.self) { try SchemaPattern(String(repeating: "a", count: 5_000)) }
        #expect(throws: PatternFault.self) {
            try SchemaPattern(String(repeating: "(", count: 1_000) + String(repeating: ")", count: 1_000))
        }
    }

    @Test func `costs time in proportion to the text whatever both are`() throws {
        let pattern = try SchemaPattern("^(a|a)*(a*)*b$")
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }

    @Test(arguments: 0..<4) func `matches what a reader that tries everything matches`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let sample = Sample.random(depth: 3, &random)
            let pattern = try SchemaPattern(sample.text)
            for _ in 0..<8 {
                let text = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    Sample.letters.randomElement(using: &random) ?? "a"
                }
                #expect(
                    pattern.matches(String(text)) == sample.matches(somewhereIn: text),
                    "/\(sample.text)/ on \(String(text)), seed \(seed)")
            }
        }
    }
}

/// A pattern whose matches are found by trying everything.
private indirect enum Sample {
    case letter(Character)
    case either([Character], isInverted: Bool)
    case start, end
    case sequence([Sample])
    case choice([Sample])
    case repeated(Sample, Int, Int?)

    static let letters: [Character] = ["a", "b", "c"]

    static func random(depth: Int, _ random: inout SeededRandom) -> Sample {
        func inner() -> [Sample] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in Sample.random(depth: depth - 1, &random) }
        }
        switch random.next() % (depth > 0 ? 12 : 5) {
        case 0, 1, 2: return .letter(letters.randomElement(using: &random) ?? "a")
        case 3: return .either(letters.filter { _ in random.once(in: 2) }, isInverted: random.once(in: 2))
        case 4: return random.once(in: 2) ? .start : .end
        case 5, 6, 7: return .sequence(inner())
        case 8, 9: return .choice([.random(depth: depth - 1, &random)] + inner())
        case _:
            let least = Int.random(in: 0...2, using: &random)
            return .repeated(
                .random(depth: depth - 1, &random), least,
                random.once(in: 2) ? nil : least + Int.random(in: 0...2, using: &random))
        }
    }

    var text: String {
        switch self {
        case .letter(let letter): String(letter)
        case .either(let letters, let isInverted): "[" + (isInverted ? "^" : "") + String(letters) + "]"
        case .start: "^"
        case .end: "$"
        case .sequence(let parts): "(?:" + parts.map(\.text).joined() + ")"
        case .choice(let parts): "(" + parts.map(\.text).joined(separator: "|") + ")"
        case .repeated(let part, 0, nil): "(\(part.text))*"
        case .repeated(let part, 1, nil): "(\(part.text))+?"
        case .repeated(let part, 0, 1): "(\(part.text))?"
        case .repeated(let part, let least, nil): "(\(part.text)){\(least),}"
        case .repeated(let part, let least, let most?):
            "(\(part.text)){\(least)" + (least == most ? "}" : ",\(most)}")
        }
    }

    func matches(somewhereIn text: [Character]) -> Bool {
        text.indices.contains { !ends(from: $0, text).isEmpty } || !ends(from: text.count, text).isEmpty
    }

    /// Where matches that begin there end.
    private func ends(from start: Int, _ text: [Character]) -> Set<Int> {
        switch self {
        case .letter(let letter): start < text.count && text[start] == letter ? [start + 1] : []
        case .either(let letters, let isInverted):
            start < text.count && letters.contains(text[start]) != isInverted ? [start + 1] : []
        case .start: start == 0 ? [0] : []
        case .end: start == text.count ? [start] : []
        case .sequence(let parts):
            parts.reduce([start]) { starts, part in Set(starts.flatMap { part.ends(from: $0, text) }) }
        case .choice(let parts): Set(parts.flatMap { $0.ends(from: start, text) })
        case .repeated(let part, let least, let most): repeated(part, least, most, from: start, text)
        }
    }

    private func repeated(_ part: Sample, _ least: Int, _ most: Int?, from start: Int, _ text: [Character]) -> Set<Int>
    {
        var found: Set<Int> = []
        var round: Set<Int> = [start]
        for count in 0...(most ?? least + text.count + 1) {  // more rounds than the text is long reach nothing new
            if count >= least { found.formUnion(round) }
            round = Set(round.flatMap { part.ends(from: $0, text) })
        }
        return found
    }
}
