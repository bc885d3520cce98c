/// Why a pattern can't be used.
package struct PatternFault: Error, Sendable, Equatable {
    /// What is wrong, to stand behind the pattern: `has a group that is not closed`.
    package var sentence: String
    /// Where, in Unicode scalars from the pattern's start.
    package var offset: Int

    package init(_ sentence: String, at offset: Int) {
        self.sentence = sentence
        self.offset = offset
    }
}

/// A pattern as a tree.
indirect enum PatternNode: Sendable, Equatable {
    /// One scalar of the set.
    case one(ScalarSet)
    case start
    case end
    /// One after the other; none matches the empty text.
    case sequence([PatternNode])
    /// One of them.
    case choice([PatternNode])
    /// - Parameter most: `nil` for any number.
    case repeated(PatternNode, least: Int, most: Int?)
}

/// Reads a pattern: ECMA-262 §22.2.1 with the flag `u`, which JSON Schema asks for (2020-12 core §6.4).
///
/// With it, what is no syntax is an error and not itself: a lone `{`, an escape that means nothing.
struct PatternParser {
    /// Longest pattern, in scalars; most of a counted repetition; groups inside one another.
    static let longest = 4_096
    static let mostRepeats = 1_000
    static let deepest = 64

    private let scalars: [UInt32]
    private var position = 0
    private var depth = 0

    static func parse(_ text: String) throws(PatternFault) -> PatternNode {
        var parser = PatternParser(scalars: text.unicodeScalars.map(\.value))
        guard parser.scalars.count <= longest else {
            throw PatternFault("is longer than \(longest) characters", at: longest)
        }
        let node = try parser.choice()
        guard parser.position == parser.scalars.count else {  // only a closing parenthesis ends a choice early
            throw PatternFault("closes a group that is not open", at: parser.position)
        }
        return node
    }

    private init(scalars: [UInt32]) { self.scalars = scalars }

    // MARK: Structure

    private mutating func choice() throws(PatternFault) -> PatternNode {
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternFault) -> PatternNode {
        var terms: [PatternNode] = []
        while let next = peek, next != "|", next != ")" { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .sequence(terms)
    }

    private mutating func term() throws(PatternFault) -> PatternNode {
        let start = position
        if skip("^") { return try unrepeated(.start) }
        if skip("$") { return try unrepeated(.end) }
        let node = try atom()
        guard let (least, most) = try quantifier() else { return node }
        _ = skip("?")  // lazy: another match is found first, the same texts match
        guard try quantifier() == nil else { throw PatternFault("repeats a repetition", at: start) }
        return .repeated(node, least: least, most: most)
    }

    private mutating func unrepeated(_ node: PatternNode) throws(PatternFault) -> PatternNode {
        let start = position
        guard try quantifier() == nil else { throw PatternFault("repeats an anchor", at: start) }
        return node
    }

    private mutating func atom() throws(PatternFault) -> PatternNode {
        let start = position
        guard let next = take() else { throw PatternFault("ends too early", at: start) }
        switch next {
        case ".": return .one(.anyButLineBreak)
        case "[": return .one(try characterClass(from: start))
        case "(": return try group(from: start)
        case "\\": return .one(try escape(from: start, inClass: false).set)
        case "*", "+", "?": throw PatternFault("repeats nothing", at: start)
        case "{", "}", "]":
            throw PatternFault("has `\(next)` where it means nothing; write `\\\(next)` for the character", at: start)
        case _: return .one(ScalarSet([next.value...next.value]))
        }
    }

    private mutating func group(from start: Int) throws(PatternFault) -> PatternNode {
        if skip("?") {
            if peek == "<", !isLookBehind { throw PatternFault("names a group, which is not supported", at: start) }
            guard skip(":") else { throw PatternFault("has a look-around, which is not supported", at: start) }
        }
        depth += 1
        guard depth <= Self.deepest else {
            throw PatternFault("has more than \(Self.deepest) groups inside one another", at: start)
        }
        let node = try choice()
        guard skip(")") else { throw PatternFault("has a group that is not closed", at: start) }
        depth -= 1
        return node
    }

    /// `(?<=` or `(?<!`, read up to the `<`.
    private var isLookBehind: Bool {
        position + 1 < scalars.count && (scalars[position + 1] == 0x3D || scalars[position + 1] == 0x21)
    }

    private mutating func quantifier() throws(PatternFault) -> (least: Int, most: Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        let start = position
        guard skip("{") else { return nil }
        let malformed = PatternFault("has `{` that is no count; write `\\{` for the character", at: start)
        guard let least = try count() else { throw malformed }
        var most: Int? = least
        if skip(",") { most = try count() }
        guard skip("}") else { throw malformed }
        if let most, most < least { throw PatternFault("has a count whose bounds are swapped", at: start) }
        return (least, most)
    }

    private mutating func count() throws(PatternFault) -> Int? {
        let start = position
        var count: Int?
        while let next = peek, ("0"..."9").contains(next) {
            position += 1
            count = (count ?? 0) * 10 + Int(next.value - 0x30)
            guard count ?? 0 <= Self.mostRepeats else {
                throw PatternFault("repeats more than \(Self.mostRepeats) times", at: start)
            }
        }
        return count
    }

    // MARK: Classes and escapes

    /// What stands in a class or behind a backslash: one scalar can begin or end a range, a set can't.
    private enum Atom {
        case scalar(UInt32)
        case set(ScalarSet)

        var set: ScalarSet {
            switch self {
            case .scalar(let scalar): ScalarSet([scalar...scalar])
            case .set(let set): set
            }
        }
    }

    private mutating func characterClass(from start: Int) throws(PatternFault) -> ScalarSet {
        let isInverted = skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !skip("]") {
            let first = try classAtom(from: start)
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != 0x5D else {
                ranges += first.set.ranges
                continue
            }
            let dash = position
            position += 1
            guard case .scalar(let lower) = first, case .scalar(let upper) = try classAtom(from: start) else {
                throw PatternFault("has a range between things that are not single characters", at: dash)
            }
            guard lower <= upper else { throw PatternFault("has a range whose ends are swapped", at: dash) }
            ranges.append(lower...upper)
        }
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func classAtom(from start: Int) throws(PatternFault) -> Atom {
        let place = position
        guard let next = take() else { throw PatternFault("has a class that is not closed", at: start) }
        return next == "\\" ? try escape(from: place, inClass: true) : .scalar(next.value)
    }

    private mutating func escape(from start: Int, inClass: Bool) throws(PatternFault) -> Atom {
        guard let next = take() else { throw PatternFault("ends in a backslash", at: start) }
        switch next {
        case "d": return .set(.digits)
        case "D": return .set(ScalarSet.digits.inverted)
        case "w": return .set(.word)
        case "W": return .set(ScalarSet.word.inverted)
        case "s": return .set(.space)
        case "S": return .set(ScalarSet.space.inverted)
        case "t": return .scalar(0x09)
        case "n": return .scalar(0x0A)
        case "v": return .scalar(0x0B)
        case "f": return .scalar(0x0C)
        case "r": return .scalar(0x0D)
        case "b" where inClass: return .scalar(0x08)
        case "-" where inClass: return .scalar(next.value)
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return .scalar(next.value)
        case "x":
            guard let scalar = hexadecimal(2) else {
                throw PatternFault("has `\\x` without two hexadecimal digits", at: start)
            }
            return .scalar(scalar)
        case "u": return .scalar(try codePoint(from: start))
        case "c":
            guard let letter = take(), ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
                throw PatternFault("has `\\c` without a letter", at: start)
            }
            return .scalar(letter.value & 0x1F)
        case "0":
            if let digit = peek, ("0"..."9").contains(digit) {
                throw PatternFault("has an octal escape, which is not supported", at: start)
            }
            return .scalar(0)
        case "1"..."9", "k": throw PatternFault("has a back-reference, which is not supported", at: start)
        case "b", "B": throw PatternFault("has a word boundary, which is not supported", at: start)
        case "p", "P": throw PatternFault("has a property of Unicode, which is not supported", at: start)
        case _: throw PatternFault("has an escape that means nothing", at: start)
        }
    }

    /// What follows `\u`: `XXXX`, two of them that are a surrogate pair, or `{X...}`.
    private mutating func codePoint(from start: Int) throws(PatternFault) -> UInt32 {
        if skip("{") {
            var value: UInt32?
            while let digit = peek.flatMap(Self.digit), value ?? 0 <= ScalarSet.last {
                position += 1
                value = (value ?? 0) << 4 | digit
            }
            guard let value, skip("}"), Unicode.Scalar(value) != nil else {
                throw PatternFault("has `\\u{` that names no character", at: start)
            }
            return value
        }
        guard let first = hexadecimal(4) else {
            throw PatternFault("has `\\u` without four hexadecimal digits", at: start)
        }
        guard Unicode.Scalar(first) == nil else { return first }
        guard first < 0xDC00, skip("\\"), skip("u"), let second = hexadecimal(4), (0xDC00...0xDFFF).contains(second)
        else { throw PatternFault("has half of a surrogate pair", at: start) }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func hexadecimal(_ width: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<width {
            guard let digit = peek.flatMap(Self.digit) else { return nil }
            position += 1
            value = value << 4 | digit
        }
        return value
    }

    private static func digit(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar {
        case "0"..."9": scalar.value - 0x30
        case "A"..."F": scalar.value - 0x37
        case "a"..."f": scalar.value - 0x57
        case _: nil
        }
    }

    // MARK: Scalars

    private var peek: Unicode.Scalar? { position < scalars.count ? Unicode.Scalar(scalars[position]) : nil }

    private mutating func take() -> Unicode.Scalar? {
        let next = peek
        if next != nil { position += 1 }
        return next
    }

    private mutating func skip(_ expected: Unicode.Scalar) -> Bool {
        guard peek == expected else { return false }
        position += 1
        return true
    }
}
