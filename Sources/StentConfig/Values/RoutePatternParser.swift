import StentModel

/// Reads a route's `match`: methods, a blank, and a path by segments.
///
/// ```
/// pattern  = [ methods SP ] path
/// methods  = METHOD / "{" METHOD *( "," METHOD ) "}"      ; absent: any method
/// path     = "/" / 1*( "/" segment ) [ "/**" ] / "/**"
/// segment  = literal / "{" name "}" / "{" literal 1*( "," literal ) "}"
/// ```
/// Literals are percent-decoded, because that is the form in which requests are matched.
enum RoutePatternParser {
    /// - Throws: `config.bad-pattern` with what is wrong and what to write.
    static func parse(_ text: String) throws(Fault) -> RoutePattern {
        guard let slash = text.firstIndex(of: "/") else {
            throw refused("has no path", help: "write the methods, a space and a path: `GET /notes/{id}`")
        }
        var methods: Set<Method> = []
        let before = text[..<slash]
        if !before.isEmpty {
            guard before.hasSuffix(" "), !before.dropLast().hasSuffix(" ") else {
                throw refused("needs one space between methods and path", help: "as in `GET /notes/{id}`")
            }
            methods = try parseMethods(before.dropLast())
        }
        return RoutePattern(text: text, methods: methods, segments: try parsePath(text[slash...]))
    }

    private static func parseMethods(_ text: Substring) throws(Fault) -> Set<Method> {
        var names = [text]
        if text.hasPrefix("{") {
            guard text.hasSuffix("}") else { throw refused("has a `{` without its `}`") }
            names = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
        }
        var methods: Set<Method> = []
        for name in names {
            guard let method = Method.allCases.first(where: { $0.text.map { "\($0)" } == String(name) }) else {
                let upper = name.uppercased()
                let isKnown = Method.allCases.contains { $0.text.map { "\($0)" } == upper }
                throw refused(
                    "names the method `\(name)`, which is none that routes know",
                    help: isKnown ? "methods are written in capitals: `\(upper)`" : "leave it out to match every method"
                )
            }
            guard method != .connect, method != .trace else {
                throw refused("names the method `\(name)`, which is never passed on")
            }
            guard methods.insert(method).inserted else { throw refused("names the method `\(name)` twice") }
        }
        return methods
    }

    private static func parsePath(_ path: Substring) throws(Fault) -> [RoutePattern.Segment] {
        if let bad = path.unicodeScalars.first(where: { $0.value <= 0x20 || $0.value == 0x7F || $0 == "\\" }) {
            throw refused(
                bad == "\\" ? "holds a backslash" : "holds a space or a control character",
                help: bad == " " ? "a space in a path is `%20`" : nil)
        }
        guard !path.contains("?"), !path.contains("#") else {
            throw refused("holds a query or a fragment", help: "a route is about the path alone")
        }
        guard path != "/" else { return [] }
        let parts = try split(path.dropFirst())
        var segments: [RoutePattern.Segment] = []
        var names: Set<String> = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part == "**" {
                guard isLast else { throw refused("has `**` before its end", help: "one segment is `{name}`") }
                segments.append(.rest)
                continue
            }
            guard !part.isEmpty else {
                throw refused(
                    isLast ? "ends in a slash" : "has an empty segment",
                    help: isLast ? "a path with and without a final slash is one resource; leave it out" : nil)
            }
            let segment = try parseSegment(part)
            if case .parameter(let name) = segment, !names.insert(name).inserted {
                throw refused("uses the name `\(name)` twice")
            }
            segments.append(segment)
        }
        return segments
    }

    /// Splits at slashes outside braces.
    private static func split(_ path: Substring) throws(Fault) -> [Substring] {
        var parts: [Substring] = []
        var start = path.startIndex
        var isInBraces = false
        for index in path.indices {
            switch path[index] {
            case "{":
                guard !isInBraces else { throw refused("has braces inside braces") }
                isInBraces = true
            case "}":
                guard isInBraces else { throw refused("has a `}` without its `{`") }
                isInBraces = false
            case "/":
                guard !isInBraces else { throw refused("has a slash inside braces") }
                parts.append(path[start..<index])
                start = path.index(after: index)
            default: break
            }
        }
        guard !isInBraces else { throw refused("has a `{` without its `}`") }
        return parts + [path[start...]]
    }

    private static func parseSegment(_ part: Substring) throws(Fault) -> RoutePattern.Segment {
        guard part.contains("{") || part.contains("}") else { return .oneOf([try literal(part)]) }
        guard part.hasPrefix("{"), part.hasSuffix("}"), part.filter({ $0 == "{" }).count == 1 else {
            throw refused("mixes text and braces in one segment", help: "braces stand for a whole segment")
        }
        let inner = part.dropFirst().dropLast()
        guard inner.contains(",") else {
            guard isIdentifier(inner) else {
                throw refused(
                    "has the name `\(inner)`, which is none",
                    help: "a name is letters, digits and `_`, and begins with a letter")
            }
            return .parameter(String(inner))
        }
        var alternatives: [String] = []
        for text in inner.split(separator: ",", omittingEmptySubsequences: false) {
            guard !text.isEmpty else { throw refused("has an empty alternative") }
            let alternative = try literal(text)
            guard !alternatives.contains(alternative) else { throw refused("has the alternative `\(text)` twice") }
            alternatives.append(alternative)
        }
        return .oneOf(alternatives)
    }

    /// One literal, percent-decoded.
    static func literal(_ text: Substring) throws(Fault) -> String {
        guard !text.contains("*") else {
            throw refused("holds a `*` in a segment", help: "one segment is `{name}`, any number is `/**` at the end")
        }
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
                let decoded = UInt8(digits, radix: 16)
            else {
                throw refused("holds a `%` without two hexadecimal digits", help: "a literal `%` is `%25`")
            }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self),
            !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw refused("holds an encoded control character, or bytes that are not UTF-8") }
        guard !decoded.contains("/"), !decoded.contains("\\"), decoded != ".", decoded != ".." else {
            throw refused(
                "holds a segment that no request may have", help: "encoded slashes and dot segments are refused")
        }
        return decoded
    }

    static func isIdentifier(_ text: Substring) -> Bool {
        guard let first = text.first, first.isASCII, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// - Parameter sentence: may repeat a part of the pattern, as may the help.
    private static func refused(_ sentence: String, help: String? = nil) -> Fault {
        .refused(.badPattern, sentence, help: help, quoting: true)
    }
}
