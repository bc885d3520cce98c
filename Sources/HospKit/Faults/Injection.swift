/// An order to spoil the next requests that match.
package struct Injection: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case fault(Fault)
        /// Service takes that much longer, not scaled.
        case delay(milliseconds: Int)
        /// The next connections are reset as they are accepted.
        case refuse

        package var name: String {
            switch self {
            case .fault(let fault): fault.rawValue
            case .delay: "delay"
            case .refuse: "refuse"
            }
        }

        static let names = Fault.allCases.map(\.rawValue) + ["delay", "refuse"]
    }

    package var kind: Kind
    /// How many requests (or connections) it is still good for.
    package var count: Int
    /// Only requests with this method, before override; nil is any.
    package var method: String?
    /// Only targets that begin so, as received; nil is any.
    package var pathPrefix: String?
    /// For resets: whether the work is done first. nil leaves it to the dice.
    package var committed: Bool?
    /// For truncations: how; nil leaves it to the dice.
    package var truncation: Truncation?
    /// For malformed answers: how; nil leaves it to the dice.
    package var malformation: Malformation?

    package init(_ kind: Kind, count: Int = 1, method: String? = nil, pathPrefix: String? = nil) {
        self.kind = kind
        self.count = count
        self.method = method
        self.pathPrefix = pathPrefix
    }

    func matches(_ request: HospRequest) -> Bool {
        kind != .refuse && count > 0 && (method.map { $0 == request.method } ?? true)
            && (pathPrefix.map { request.target.hasPrefix($0) } ?? true)
    }

    /// Puts the order into a plan.
    func apply(to plan: inout Plan, profile: Profile) {
        guard case .fault(let fault) = kind else { return }
        let natural = plan.doesWork
        plan.fault = fault
        plan.doesWork = committed ?? fault.isAfterWork ?? natural
        if fault == .errorBefore { plan.serviceMilliseconds = profile.errorMilliseconds }
        if let truncation { plan.truncation = truncation }
        if let malformation { plan.malformation = malformation }
    }

    private static let keys = ["kind", "count", "method", "path-prefix", "delay-ms", "committed", "variant"]

    /// Reads the body of `POST /inject`.
    package static func parse(_ json: JSONValue) throws(ProfileFile.Problem) -> Injection {
        guard case .object(let members) = json else { throw .init(description: "the body must be a JSON object") }
        try ProfileFile.onlyKnown(members, keys, in: "an injection")
        let count = try ProfileFile.number("count", members, 1...1_000_000, 1)
        var injection = Injection(try kind(members), count: count)
        if let method = members["method"] {
            guard let text = method.string, !text.isEmpty else {
                throw .init(description: "method must be a text such as \"POST\"")
            }
            injection.method = text.uppercased()
        }
        if let prefix = members["path-prefix"] {
            guard let text = prefix.string, text.hasPrefix("/") else {
                throw .init(description: "path-prefix must be a text that begins with a slash")
            }
            injection.pathPrefix = text
        }
        if let committed = members["committed"] {
            guard case .bool(let flag) = committed, injection.kind == .fault(.reset) else {
                throw .init(description: "committed must be true or false, and goes with kind \"reset\" only")
            }
            injection.committed = flag
        }
        if let variant = members["variant"] { try injection.setVariant(variant) }
        return injection
    }

    private static func kind(_ members: [String: JSONValue]) throws(ProfileFile.Problem) -> Kind {
        guard let name = members["kind"]?.string, Kind.names.contains(name) else {
            throw .init(description: "kind must be one of \(Kind.names.joined(separator: ", "))")
        }
        if name == "delay" {
            guard members["delay-ms"] != nil else { throw .init(description: "kind \"delay\" needs delay-ms") }
            return .delay(milliseconds: try ProfileFile.number("delay-ms", members, 0...3_600_000, 0))
        }
        guard members["delay-ms"] == nil else { throw .init(description: "delay-ms goes with kind \"delay\" only") }
        if name == "refuse", members["method"] != nil || members["path-prefix"] != nil {
            throw .init(description: "kind \"refuse\" concerns connections: it takes no method and no path-prefix")
        }
        return Fault(rawValue: name).map { .fault($0) } ?? .refuse
    }

    private mutating func setVariant(_ json: JSONValue) throws(ProfileFile.Problem) {
        let name = json.string ?? ""
        switch kind {
        case .fault(.truncate):
            truncation = Truncation(rawValue: name)
            guard truncation != nil else {
                throw .init(
                    description: "variant must be one of \(Truncation.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
        case .fault(.malformed):
            malformation = Malformation(rawValue: name)
            guard malformation != nil else {
                throw .init(
                    description:
                        "variant must be one of \(Malformation.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        case .fault, .delay, .refuse:
            throw .init(description: "variant goes with kind \"truncate\" or \"malformed\" only")
        }
    }
}
