/// One message in words, as either parser read it.
public struct Message: Equatable {
    /// Method and target, or the status without its phrase, which SwiftNIO replaces.
    public var start: String
    public var version: String
    /// `name: value`, in order.
    public var fields: [String]
    public var body: [UInt8]
    public var isComplete: Bool

    public init(start: String, version: String, fields: [String], body: [UInt8] = [], isComplete: Bool = false) {
        self.start = start
        self.version = version
        self.fields = fields
        self.body = body
        self.isComplete = isComplete
    }
}

/// What a parser made of a connection's bytes.
public struct Transcript: Equatable {
    public var messages: [Message] = []
    /// Why it stopped; the reason's name for our parser.
    public var failure: String?
    /// From this message on the parsers can't be compared, for a reason that is no fault of either.
    ///
    /// Set where the whole input is delivered at once, and no part of what two deliveries must agree on.
    public var comparable = Int.max
    /// The connection ends with the last message: what follows is not looked at.
    public var isClosed = false

    public static func == (left: Transcript, right: Transcript) -> Bool {
        left.messages == right.messages && left.failure == right.failure && left.isClosed == right.isClosed
    }
}
