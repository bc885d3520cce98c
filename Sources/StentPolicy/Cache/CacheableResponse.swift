import StentModel

/// A response that is offered to the cache: what came from the upstream, or what is stored with the fields of a 304.
package struct CacheableResponse: Sendable {
    package var status: Int
    package var framing: BodyFraming
    package var fields: FieldSection
    /// The Age that it came with, in seconds.
    package var age: Int64?
    package let origin: Origin

    package enum Origin: Sendable {
        /// It came as it is.
        case answer
        /// It is stored, and an answer without content said that it is still good.
        case update
    }

    package init(_ head: borrowing ResponseHead) {
        status = head.status
        framing = head.framing
        fields = head.fields
        age = ResponseAge.field(head.fields)
        origin = .answer
    }

    /// - Parameters:
    ///   - fields: the stored ones, updated.
    ///   - answer: the 304, or the answer to HEAD, that they were updated by.
    package init(status: Int, updated fields: FieldSection, by answer: borrowing ResponseHead) {
        self.status = status
        framing = .none
        self.fields = fields
        age = ResponseAge.field(answer.fields)
        origin = .update
    }
}
