/// What a request asks for.
package enum Route: Sendable, Equatable {
    case root
    case list(Resource)
    case create(Resource)
    case show(Resource, id: String)
    case update(Resource, id: String)
    case delete(Resource, id: String)
    /// `GET /staffs/me`: the caller's own record.
    case me
    /// `POST /patients/{id}/screen`
    case screen(id: String)
    /// Nothing that HOSP has: it answers 500.
    case unknown

    /// Finds the route as Rails' router does.
    ///
    /// Repeated and final slashes don't count. A segment ends at a dot, after which one format may stand; static segments match
    /// only as written, and an id is percent-decoded only after it matched, so that `5%2ejson` is the id "5.json", whose prefix is 5.
    ///
    /// - Parameters:
    ///   - method: after method override.
    ///   - target: as received, in origin or absolute form.
    package init(method: String, target: String) {
        guard let path = Self.path(of: target) else {
            self = .unknown
            return
        }
        var segments = path.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        guard let last = segments.last else {
            self = method == "GET" || method == "HEAD" ? .root : .unknown
            return
        }
        if let dot = last.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let format = last[last.utf8.index(after: dot)...]
            guard dot > last.startIndex, !format.isEmpty, !format.utf8.contains(UInt8(ascii: ".")) else {
                self = .unknown
                return
            }
            segments[segments.count - 1] = last[..<dot]
        }
        guard let resource = segments.first.flatMap({ Resource(rawValue: String($0)) }),
            !segments.contains(where: { $0.utf8.contains(UInt8(ascii: ".")) })
        else {
            self = .unknown
            return
        }
        self = Self.match(method: method, resource: resource, rest: segments.dropFirst())
    }

    private static func match(method: String, resource: Resource, rest: ArraySlice<Substring>) -> Route {
        guard let segment = rest.first else {
            switch method {
            case "GET", "HEAD": return .list(resource)
            case "POST": return .create(resource)
            default: return .unknown
            }
        }
        let id = PercentCoding.segment(segment)
        if rest.count == 2 {
            return resource == .patients && rest.last == "screen" && method == "POST" ? .screen(id: id) : .unknown
        }
        guard rest.count == 1 else { return .unknown }
        switch method {
        case "GET", "HEAD": return resource == .staffs && segment == "me" ? .me : .show(resource, id: id)
        case "PUT", "PATCH": return .update(resource, id: id)
        case "DELETE": return .delete(resource, id: id)
        default: return .unknown
        }
    }

    /// The path of a target in origin or absolute form; nil for others. Bytes, because a combining mark behind a slash is part
    /// of its `Character`.
    private static func path(of target: String) -> Substring.UTF8View? {
        var rest = target[...].utf8
        if rest.first != UInt8(ascii: "/") {
            guard let scheme = target.firstRange(of: "://") else { return nil }
            rest = target[scheme.upperBound...].utf8
            rest = rest[(rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex)...]
        }
        return rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    }

    /// The query of a target, without the question mark.
    static func query(of target: String) -> String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return String(Substring(target[mark...].utf8.dropFirst().prefix { $0 != UInt8(ascii: "#") }))
    }

    /// The id in the path, as Rails reads it into an integer.
    package var id: Int? {
        switch self {
        case .show(_, let id), .update(_, let id), .delete(_, let id), .screen(let id): RubyCast.prefix(id)
        case .root, .list, .create, .me, .unknown: nil
        }
    }

    /// The resource whose fault factor applies; nil for the root and for unknown paths.
    package var resource: Resource? {
        switch self {
        case .list(let resource), .create(let resource), .show(let resource, _), .update(let resource, _),
            .delete(let resource, _):
            resource
        case .me: .staffs
        case .screen: .patients
        case .root, .unknown: nil
        }
    }

    /// The path with the id left out, for counting.
    package var pattern: String {
        switch self {
        case .root: "/"
        case .list(let resource), .create(let resource): "/\(resource.rawValue)"
        case .show(let resource, _), .update(let resource, _), .delete(let resource, _): "/\(resource.rawValue)/{id}"
        case .me: "/staffs/me"
        case .screen: "/patients/{id}/screen"
        case .unknown: "(unknown)"
        }
    }

    /// Whether it needs no credentials.
    package var isOpen: Bool {
        self == .root || self == .unknown
    }
}
