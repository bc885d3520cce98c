import StentModel
import StentPolicy
import StentProxy

/// The content of `POST /cache/purge`: one of `url`, `prefix`, `tag` and `everything`, and perhaps `soft`.
struct PurgeOrder: Equatable {
    /// What is wrong with it, and where.
    struct Problem: Error {
        /// A JSON Pointer (RFC 6901).
        var pointer: String
        var sentence: String
    }

    var reach: CacheStore.Reach
    var purge = CacheStamps.Purge.hard
    /// The member that says how far it reaches.
    var name: String

    private static let reaches = ["url", "prefix", "tag", "everything"]
    private static let limits = JSONDocument.Limits(depth: 4, values: 64)

    /// - Parameter tags: that routes have.
    static func read(_ bytes: [UInt8], tags: Set<String>) throws(Problem) -> PurgeOrder {
        let document: JSONDocument
        do throws(JSONFault) {
            document = try JSONDocument(bytes, limits: limits)
        } catch {
            throw Problem(pointer: "", sentence: "is not JSON: \(error.kind.rawValue) at byte \(error.offset)")
        }
        guard document.root.kind == .object else { throw Problem(pointer: "", sentence: "has to be an object") }
        var order: PurgeOrder?
        var purge = CacheStamps.Purge.hard
        for member in document.root.members {
            let name = member.name
            if name == "soft" {
                purge = try flag(member.value, name) == .yes ? .soft : .hard
            } else {
                guard reaches.contains(name) else {
                    throw Problem(pointer: "", sentence: "has an unknown member; known are \(known), soft")
                }
                guard order == nil else { throw Problem(pointer: "", sentence: "has more than one of \(known)") }
                order = PurgeOrder(reach: try reach(name, member.value, tags), name: name)
            }
        }
        guard var order else { throw Problem(pointer: "", sentence: "has none of \(known)") }
        order.purge = purge
        return order
    }

    /// Path and query of a URL, or of what begins with its path.
    static func target(of url: String, _ pointer: String) throws(Problem) -> [UInt8] {
        var text = url[...]
        if !text.hasPrefix("/") {
            guard let scheme = text.firstRange(of: "://") else {
                throw Problem(pointer: pointer, sentence: "has to be a URL, or its path, which begins with /")
            }
            text = text[scheme.upperBound...]
            text = text[(text.firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex)...]
            if !text.hasPrefix("/") { return try path("/" + text, pointer) }
        }
        return try path(String(text), pointer)
    }

    // MARK: Members

    private enum Flag {
        case yes
        case no
    }

    private static var known: String { reaches.joined(separator: ", ") }

    private static func flag(_ value: JSONValue, _ name: String) throws(Problem) -> Flag {
        switch value.kind {
        case .true: return .yes
        case .false: return .no
        case .null, .number, .string, .array, .object:
            throw Problem(pointer: "/\(name)", sentence: "has to be true or false")
        }
    }

    private static func reach(
        _ name: String, _ value: JSONValue, _ tags: Set<String>
    ) throws(Problem) -> CacheStore.Reach {
        let pointer = "/\(name)"
        if name == "everything" {
            guard try flag(value, name) == .yes else {
                throw Problem(pointer: pointer, sentence: "has to be true, or not to be there")
            }
            return .everything
        }
        guard let text = value.string else { throw Problem(pointer: pointer, sentence: "has to be a string") }
        switch name {
        case "url": return .path(try target(of: text, pointer))
        case "prefix":
            guard text.hasPrefix("/"), !text.contains("?") else {
                throw Problem(pointer: pointer, sentence: "has to be a path, which begins with / and has no query")
            }
            return .prefix(try path(text, pointer))
        case _:
            guard tags.contains(text) else {
                let names = tags.sorted().joined(separator: ", ")
                throw Problem(
                    pointer: pointer,
                    sentence: "is a tag of no route; there are \(names.isEmpty ? "none" : names)")
            }
            return .tag(Array(text.utf8))
        }
    }

    /// Without a fragment; what can't be in a request's target is refused.
    private static func path(_ text: String, _ pointer: String) throws(Problem) -> [UInt8] {
        let bytes = Array(text.utf8.prefix { $0 != 0x23 })
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Problem(pointer: pointer, sentence: "has characters that have to be percent-encoded")
        }
        return bytes
    }
}
