import StentModel

extension Kind where Value == String {
    /// Text of a schema that any text is good for.
    private static var anyText: JSON { .object([("type", .string("string"))]) }

    /// `GET` and a path; the path is kept.
    static let ask = Kind(
        expected: "a request such as `GET /staffs/me`", name: "request", schema: anyText,
        read: { scalar throws(Fault) in
            guard scalar.text.hasPrefix("GET /"), RequestTemplateParser.isTarget(String(scalar.text.dropFirst(4)))
            else {
                throw .refused(.badPattern, "is not `GET`, a space and a path", help: "as in `GET /staffs/me`")
            }
            return String(scalar.text.dropFirst(4))
        },
        show: { "GET \($0)" })

    /// A JSON Pointer (RFC 6901) to a member.
    static let pointer = Kind(
        expected: "a JSON Pointer such as `/id`", name: "JSON Pointer", schema: anyText,
        read: { scalar throws(Fault) in
            guard scalar.text.hasPrefix("/"), scalar.text.utf8.count <= 256 else {
                throw .wrongType(help: "it begins with `/`, one for each level")
            }
            // RFC 6901 §3: `~` only as `~0` and `~1`.
            var rest = scalar.text[...]
            while let tilde = rest.firstIndex(of: "~") {
                rest = rest[rest.index(after: tilde)...]
                guard rest.first == "0" || rest.first == "1" else {
                    throw .wrongType(help: "a `~` is written `~0`, a `/` in a name `~1`")
                }
            }
            return scalar.text
        },
        show: { $0 })

    /// Visible ASCII without quotes and backslashes, so that it needs no escapes in a quoted string.
    static let realm = Kind(
        expected: "a short text without quotes", name: "text", schema: anyText,
        read: { scalar throws(Fault) in
            let isGood = scalar.text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
            guard isGood, (1...128).contains(scalar.text.utf8.count) else { throw .wrongType() }
            return scalar.text
        },
        show: { $0 })

    /// The end of a path that names the same resource: `.json`.
    static let suffix = Kind(
        expected: "an ending such as `.json`", name: "ending", schema: anyText,
        read: { scalar throws(Fault) in
            let isGood = scalar.text.dropFirst().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            guard scalar.text.hasPrefix("."), (2...16).contains(scalar.text.utf8.count), isGood else {
                throw .wrongType(help: "a dot, and letters or digits")
            }
            return scalar.text
        },
        show: { $0 })

    /// What something is called in audit and metrics.
    static let label = Kind(
        expected: "a name", name: "name", schema: anyText,
        read: { scalar throws(Fault) in
            let isGood = scalar.text.allSatisfy {
                $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_" || $0 == "-")
            }
            guard isGood, (1...32).contains(scalar.text.utf8.count), scalar.text.first?.isLetter == true else {
                throw .wrongType(help: "lower-case letters, digits, `_` and `-`, and first a letter")
            }
            return scalar.text
        },
        show: { $0 })

    /// An id as the upstream writes it.
    static let callerID = Kind(
        expected: "an id", name: "id", schema: .object([("type", .array([.string("string"), .string("integer")]))]),
        read: { scalar throws(Fault) in
            let isGood = scalar.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isGood, (1...128).contains(scalar.text.utf8.count) else { throw .wrongType() }
            return scalar.text
        },
        show: { $0 })

    /// The path of one record: its last segment, and no other, is a parameter.
    static let itemPath = Kind(
        expected: "a path such as `/notes/{id}`", name: "path", schema: anyText,
        read: { scalar throws(Fault) in
            let pattern = try RoutePatternParser.parse(scalar.text)
            guard pattern.methods.isEmpty, scalar.text.hasPrefix("/") else {
                throw .refused(.badPattern, "names methods", help: "write the path alone: `/notes/{id}`")
            }
            guard case .parameter? = pattern.segments.last, pattern.segments.count > 1 else {
                throw .refused(
                    .badPattern, "does not end in the place of an id", help: "write it as `/notes/{id}`")
            }
            let isLiteral = pattern.segments.dropLast().allSatisfy { segment in
                switch segment {
                case .oneOf(let texts): texts.count == 1
                case .parameter, .rest: false
                }
            }
            guard isLiteral else {
                throw .refused(
                    .badPattern, "has more than one place", help: "only its last segment is a place, and in braces")
            }
            return scalar.text
        },
        show: { $0 })

    /// The path of a collection.
    static let collectionPath = Kind(
        expected: "a path such as `/notes`", name: "path", schema: anyText,
        read: { scalar throws(Fault) in
            guard scalar.text.hasPrefix("/") else { throw .wrongType(help: "it begins with `/`") }
            let pattern = try RoutePatternParser.parse(scalar.text)
            let isLiteral = pattern.segments.allSatisfy { segment in
                switch segment {
                case .oneOf(let texts): texts.count == 1
                case .parameter, .rest: false
                }
            }
            guard isLiteral, !pattern.segments.isEmpty else {
                throw .refused(.badPattern, "has places", help: "write the path of one collection: `/notes`")
            }
            return scalar.text
        },
        show: { $0 })

    /// The name of a path's parameter.
    static let parameter = Kind(
        expected: "the name of a parameter", name: "name", schema: anyText,
        read: { scalar throws(Fault) in
            guard RoutePatternParser.isIdentifier(scalar.text[...]) else {
                throw .wrongType(help: "write it without braces")
            }
            return scalar.text
        },
        show: { $0 })

    /// A line of text with places in braces; which there are is looked at later.
    static let title = Kind(
        expected: "a line of text", name: "text", schema: anyText,
        read: { scalar throws(Fault) in
            let isLine = scalar.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            guard isLine, (1...200).contains(scalar.text.unicodeScalars.count) else {
                throw .wrongType(help: "one line of at most 200 characters")
            }
            return scalar.text
        },
        show: { $0 })

    /// The name of a request's field that means nothing to stent, and nothing to HTTP.
    static let fieldName = Kind(
        expected: "the name of a field such as `Stent-Reason`", name: "field name", schema: anyText,
        read: { scalar throws(Fault) in
            let isGood = scalar.text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            guard isGood, (1...64).contains(scalar.text.utf8.count), scalar.text.first?.isLetter == true else {
                throw .wrongType(help: "letters, digits and `-`; fields with `_` are refused in any request")
            }
            let name = scalar.text.lowercased()
            guard name != "stent-reason" else { return scalar.text }
            let isTaken = FieldName.allCases.contains { "\($0.text)".lowercased() == name }
            let family = ["accept-", "access-control-", "content-", "if-", "proxy-", "sec-", "stent-", "x-forwarded-"]
            guard !isTaken, !family.contains(where: name.hasPrefix),
                !["max-forwards", "referer", "from"].contains(name)
            else {
                throw .refused(
                    .unknownValue, "is a field with a meaning of its own", help: "as in `Stent-Reason`")
            }
            return scalar.text
        },
        show: { $0 })

    /// `user:password`. It is shown nowhere.
    static let account = Kind(
        expected: "a user and a password such as `${file:/path}` holds", name: "`user:password`", schema: anyText,
        read: { scalar throws(Fault) in
            let parts = scalar.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isPrintable = scalar.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            // RFC 7617 §2: no control characters, and no colon in the user's name.
            guard parts.count == 2, !parts[0].isEmpty, isPrintable, scalar.text.utf8.count <= 1_024 else {
                throw .refused(
                    .wrongType, "is not a user, a colon and a password",
                    help: "put `user:password` into a file, and write `${file:/path}`")
            }
            return scalar.text
        },
        show: { _ in "(secret)" })
}

extension Kind where Value == PolicyMode {
    /// Only so far that nothing is stopped.
    static let observation = Kind.choice([("off", .off), ("report", .report)])
}
