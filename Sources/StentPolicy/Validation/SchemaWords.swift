import StentModel

/// How problems are put into words.
enum SchemaWords {
    /// RFC 6901 §3.
    static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        var escaped = ""
        for scalar in name.unicodeScalars.prefix(ContractProblem.longestPointer) {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    static func sentence(for value: JSONValue, types: UInt8) -> String {
        let wanted = SchemaType.allCases.filter { types & SchemaPlan.bit($0) != 0 }
        if value.kind == .number, wanted == [.integer] { return "must be an integer, without fraction and exponent" }
        return "must be \(wanted.map(noun).joined(separator: " or ")), not \(noun(SchemaPlan.type(of: value)))"
    }

    static func noun(_ type: SchemaType) -> String {
        switch type {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Longest list or pattern that a sentence holds, in bytes.
    private static let longestText = 200

    static func sentence(allowed: [String]?) -> String {
        let list = allowed?.prefix(longestText).joined(separator: ", ") ?? ""
        guard !list.isEmpty, list.utf8.count <= longestText else {
            return "is none of the values that are accepted here"
        }
        return allowed?.count == 1 ? "must be \(list)" : "must be one of \(list)"
    }

    static func sentence(pattern: String?) -> String {
        guard let pattern, pattern.utf8.count <= longestText else {
            return "does not have the form that is accepted here"
        }
        return "must match the pattern \(pattern)"
    }
}
