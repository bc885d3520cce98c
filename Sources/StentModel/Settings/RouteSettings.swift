/// One element of `routes`: what holds for the requests it matches. First match wins.
package struct RouteSettings: Sendable, Equatable {
    /// `METHOD /path`, `{PATCH,PUT} /notes/{id}`, `GET /hospitals/**`; the route's name in audit and metrics.
    package var match: RoutePattern
    /// Attempts in total on this route; `nil` is `retry.attempts`.
    package var attempts: Int?
    /// The largest content of a request; `nil` is `limits.body`.
    package var body: ByteCount?
    /// The whole exchange; `nil` is `upstream.deadline`.
    package var deadline: Duration?

    /// Its methods may be repeated: sending twice does no harm.
    package var repeatable = false
    /// Who is served first where requests have to wait; `nil` is by method.
    package var priority: Priority?
    /// A safe request that waits for longer than this share of the route's answers took, in percent, is sent a second time,
    /// and the first answer wins; `nil` never.
    package var hedge: Int?
    /// How a write that is not repeatable is verified before it is sent again; `nil` is not at all.
    package var resend: ResendSettings?
    /// `nil` is `contract.requests`.
    package var contract: PolicyMode?
    /// `nil` is the mode of the resource.
    package var ownership: PolicyMode?
    /// What a good answer is written down as; `nil` is not at all.
    package var recordAsNote: RecordAsNoteSettings?
    /// What is kept of its answers to GET; `nil` is what the upstream allows.
    package var cache: RouteCacheSettings?
    /// What a write makes invalid beside its own path and the collection that it is in.
    package var invalidates: [PathTemplate] = []

    package init(match: RoutePattern) { self.match = match }
}
/// Which of two waiting requests is served first: the one of the lower raw value.
package enum Priority: Int, Sendable, CaseIterable, Comparable {
    /// Work that somebody has done and would have to do again.
    case write
    /// One record.
    case read
    /// Many records: the most expensive, and the easiest to ask for again.
    case list

    package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
}

/// `routes[].resend`: after an ambiguous failure of a write that creates a record, ask whether the record is there.
package struct ResendSettings: Sendable, Equatable {
    /// The GET that lists records, filled from the request.
    package var verify: RequestTemplate
    /// Fields that the record and the request have in common.
    package var same: [String] = []
    /// The record's field with the time of its creation (RFC 3339).
    package var created = "created_at"
    /// The record's field with its id.
    package var id = "id"
    /// How long a write may still be carried out after an attempt that ended in silence, or in the answer of somebody in
    /// between; before that, a record that is not there may still come.
    package var settle = Duration.seconds(20)
    /// How far the upstream's clock may be from ours while nothing is known of it.
    package var clockSkew = Duration.seconds(5)

    package init(verify: RequestTemplate) { self.verify = verify }
}

/// A target of a GET with places that are filled from a request's JSON content: `/notes?patient_id={body.patient_id}`.
package struct RequestTemplate: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        /// Goes out as it is.
        case literal(String)
        /// The value of this member of the content, percent-encoded.
        case body(String)
    }

    /// As it was written.
    package var text: String
    package var parts: [Part]

    package init(text: String, parts: [Part]) {
        self.text = text
        self.parts = parts
    }
}
