/// An answer before it is put on the wire.
package struct Answer: Sendable {
    /// How the body is delimited.
    package enum Framing: Sendable, Equatable {
        case chunked
        case contentLength
    }

    package var status: Int
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    package var framing: Framing
    /// What the work behind it changed in the store; nil where it changed nothing.
    package var commit: Commit?

    /// A change to the store.
    package struct Commit: Sendable, Equatable {
        package enum Kind: String, Sendable { case created, updated, deleted }
        package var kind: Kind
        package var resource: Resource
        package var id: Int

        package init(kind: Kind, resource: Resource, id: Int) {
            self.kind = kind
            self.resource = resource
            self.id = id
        }
    }

    package init(
        status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [], framing: Framing = .chunked,
        commit: Commit? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.framing = framing
        self.commit = commit
    }

    /// Whether a status never has a body (RFC 9110 §6.4.1).
    package var isBodiless: Bool {
        status == 204 || status == 304
    }

    /// The value of a field, by its exact name.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 422: "Unprocessable Entity"
        case 500: "Internal Server Error"
        case 504: "Gateway Time-out"
        default: "Status \(status)"
        }
    }
}
