/// An API's contract in the form in which it is enforced: what an OpenAPI 3.1 document says, references resolved.
///
/// Plain values, made by StentConfig from a document that was found good and judged by StentPolicy.
package struct Contract: Sendable, Equatable {
    /// In the document's order. Of two templates that match a path, the one with literal text in the first segment
    /// that differs is meant (OpenAPI 3.1 §4.8.8.2).
    package var paths: [ContractPath]
    /// The schemas that are referred to by index; a schema may refer to itself.
    package var schemas: [ContractSchema]

    package init(paths: [ContractPath] = [], schemas: [ContractSchema] = []) {
        self.paths = paths
        self.schemas = schemas
    }
}

/// A path template and what may be done there.
package struct ContractPath: Sendable, Equatable {
    /// One segment of a template.
    package enum Segment: Sendable, Equatable {
        /// This text, percent-decoded.
        case literal(String)
        /// One segment that is not empty, and fits the parameter's schema.
        case parameter(ContractParameter)
    }

    /// `/notes/{id}`, as the document has it.
    package var template: String
    /// Empty for `/`.
    package var segments: [Segment]
    package var operations: [ContractOperation]

    package init(template: String, segments: [Segment], operations: [ContractOperation]) {
        self.template = template
        self.segments = segments
        self.operations = operations
    }
}

/// A method at a path.
package struct ContractOperation: Sendable, Equatable {
    package var method: Method
    /// Parameters of the query.
    package var query: [ContractParameter] = []
    /// `nil`: the operation takes no content.
    package var content: ContractContent?
    package var answers: [ContractAnswer] = []
    /// No credentials are asked for (`security: []`).
    package var isOpen = false

    package init(method: Method) { self.method = method }
}

/// A parameter of a path or a query; its text is read as the schema's type (OpenAPI 3.1 §4.8.12, style `simple` or `form`).
package struct ContractParameter: Sendable, Equatable {
    package var name: String
    package var schema: SchemaIndex
    package var isRequired: Bool
    /// An empty value is good whatever the schema says (`allowEmptyValue`).
    package var allowsEmpty: Bool

    package init(name: String, schema: SchemaIndex, isRequired: Bool, allowsEmpty: Bool = false) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
        self.allowsEmpty = allowsEmpty
    }
}

/// The content of a request.
package struct ContractContent: Sendable, Equatable {
    package var isRequired: Bool
    package var media: [ContractMedia]

    package init(isRequired: Bool, media: [ContractMedia]) {
        self.isRequired = isRequired
        self.media = media
    }
}

/// A media type and what its content looks like.
package struct ContractMedia: Sendable, Equatable {
    /// Type and subtype in lower case, without parameters.
    package var type: String
    /// `nil`: the content is not looked into.
    package var schema: SchemaIndex?
    /// A request's content may also be an object with this one member, which holds what the schema describes
    /// (`x-stent-wrapper`). It is judged and sent on without the wrapper: Rails takes `{"note":{"title":"a"}}` for
    /// `{"title":"a"}`.
    package var wrapper: String?

    package init(type: String, schema: SchemaIndex?, wrapper: String? = nil) {
        self.type = type
        self.schema = schema
        self.wrapper = wrapper
    }
}

/// What an answer looks like.
package struct ContractAnswer: Sendable, Equatable {
    /// `200...200`, `400...499` for `4XX`, `0...999` for `default`.
    package var statuses: ClosedRange<Int>
    /// Empty: any content, or none.
    package var media: [ContractMedia]

    package init(statuses: ClosedRange<Int>, media: [ContractMedia]) {
        self.statuses = statuses
        self.media = media
    }
}
