import StentModel

/// What the contract says of a request's head.
package enum ContractVerdict: Sendable {
    case passes(ContractMatch)
    case refused(ContractRefusal)
}

/// The operation that a request is, and the one form of it that goes upstream.
package struct ContractMatch: Sendable {
    /// A parameter of the path: its name in the template, and its value, decoded.
    package struct Parameter: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// What becomes of the request's content.
    package enum Content: Sendable, Equatable {
        /// There is none, or none is asked for: what comes is dropped, with the fields that describe it.
        case none
        /// It is gathered and judged by this schema.
        case json(SchemaIndex)
        /// Of a declared media type that is not looked into: passed on unread.
        case opaque
    }

    /// Places in `Contract.paths` and in `ContractPath.operations`.
    package var path: Int
    package var operation: Int
    /// `/notes/{id}`.
    package var template: String
    /// No credentials are asked for.
    package var isOpen: Bool
    /// Path and query, as they go upstream.
    package var target: [UInt8]
    /// In the order of the path.
    package var parameters: [Parameter]
    package var content: Content
    /// Content-Type as it goes upstream; `nil` where there is no content, or where the client's is passed on.
    package var contentType: [UInt8]?
    /// `ContractMedia.wrapper` of the content.
    package var wrapper: String?

    /// The value of the path's parameter of that name.
    package func parameter(_ name: String) -> String? {
        parameters.first { $0.name.isSameText(as: name) }?.value
    }
}

/// Why a request is not one of the contract's.
package struct ContractRefusal: Sendable, Equatable {
    package var reason: Reason
    /// What could be done at this path, where that is the problem: for `Allow` (RFC 9110 §10.2.1).
    package var allow: [Method]
    package var problems: [ContractProblem]

    package init(_ reason: Reason, allow: [Method] = [], problems: [ContractProblem] = []) {
        self.reason = reason
        self.allow = allow
        self.problems = problems
    }

    init(_ reason: Reason, _ sentence: String) {
        self.init(reason, problems: [ContractProblem(sentence: sentence)])
    }
}

/// What the contract says of gathered content.
package enum ContractContentVerdict: Sendable {
    /// - Parameter undeclared: `JSONValue.index` of members that are left out of what goes upstream.
    case passes(JSONDocument, undeclared: Set<Int>)
    /// There is no content, or none that is looked into.
    case nothingToRead
    case refused(ContractRefusal)
}
