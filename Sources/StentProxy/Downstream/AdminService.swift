import StentExchange
import StentModel

/// What stent answers on its own endpoint.
package struct AdminService: Sendable {
    package struct Request: Sendable {
        /// GET for HEAD, too.
        package var method: Method
        package var path: String
        /// Behind the `?`, as it came; empty where there is none.
        package var query: String
        /// The media type of the content in lower case, without parameters; empty where none is named.
        package var mediaType: String
        package var content: [UInt8]
    }

    package struct Answer: Sendable {
        package var status: Int
        package var contentType: String
        package var body: [UInt8]
        /// Value of Allow, for 405.
        package var allow: String?

        package init(status: Int, contentType: String, body: [UInt8], allow: String? = nil) {
            self.status = status
            self.contentType = contentType
            self.body = body
            self.allow = allow
        }

        /// A problem document (RFC 9457).
        ///
        /// - Parameter problems: what is wrong where: a JSON Pointer and a sentence each.
        package static func problem(
            _ reason: Reason, _ problems: [(pointer: String, sentence: String)] = [], allow: String? = nil
        ) -> Answer {
            let (status, title) = reason.answer ?? (500, "Internal Server Error")
            var body: [UInt8] = []
            ProblemDocument.append(
                reason, status: status, title: title, instance: [], problems: problems, to: &body)
            return Answer(status: status, contentType: "application/problem+json", body: body, allow: allow)
        }
    }

    /// Content of a request that is read, in bytes.
    package static let contentLimit = 65_536

    /// Answers a request, in any thread, in its own time; `nil` where there is nothing at that path.
    package var answer: @Sendable (Request) async -> Answer?

    package init(answer: @escaping @Sendable (Request) async -> Answer?) { self.answer = answer }
}
