/// `identity`: how a caller is known.
package struct IdentitySettings: Sendable, Equatable {
    package enum Scheme: String, Sendable, CaseIterable {
        /// RFC 7617.
        case basic
    }

    package var scheme = Scheme.basic
    /// `realm` of the challenge in a 401 of stent's own (RFC 7235 §2.2).
    package var realm = "Application"
    package var proof: ProofSettings
    /// Requests after which credentials may mean something else: a good answer to one makes all proofs be asked for anew.
    package var changedBy: [RoutePattern] = []

    package init(proof: ProofSettings) { self.proof = proof }
}

/// `identity.proof`: who a credential belongs to is asked of the upstream.
package struct ProofSettings: Sendable, Equatable {
    /// The path of a GET that answers with the caller's own record.
    package var request: String
    /// Where the record has the caller's id, and their name: JSON Pointers (RFC 6901).
    package var id = "/id"
    package var name = "/name"
    /// How long a proof is good.
    package var lifetime = Duration.seconds(300)
    /// How long a refused credential is refused again without asking.
    package var negative = Duration.seconds(10)
    /// How much longer a proof is good for reading while the upstream can't be asked.
    package var staleWhileDown = Duration.seconds(3600)
    /// Proofs that are remembered; the oldest is forgotten for more.
    package var maximum = 20_000

    package init(request: String) { self.request = request }
}

/// `contract`: what requests may look like.
package struct ContractSettings: Sendable, Equatable {
    /// Members of an object that its schema says nothing about.
    package enum Undeclared: String, Sendable, CaseIterable {
        /// They don't go upstream.
        case drop
        /// They go upstream as they are.
        case pass
        /// The request is refused.
        case refuse
    }

    /// The document's file; from the directory of the settings file where it is relative.
    package var openapi = ""
    package var contract = Contract()
    package var requests = PolicyMode.enforce
    /// Never `enforce`: an answer that breaks the contract is still the upstream's answer.
    package var responses = PolicyMode.report
    /// Endings of a path that name the same resource.
    package var suffixes: [String] = [".json"]
    package var undeclared = Undeclared.drop
    /// Content of requests that is held until it has been judged, all together.
    package var held = ByteCount.mebibytes(256)

    package init() {}
}

/// `ownership`: who may write which records.
package struct OwnershipSettings: Sendable, Equatable {
    package var resources: [OwnedResourceSettings] = []
    /// `nil`: nobody can override an owner.
    package var breakGlass: BreakGlassSettings?

    package init() {}
}

/// One element of `ownership.resources`.
package struct OwnedResourceSettings: Sendable, Equatable {
    package enum Create: String, Sendable, CaseIterable {
        /// The owner field is set to the caller's id, whatever was sent.
        case stamp
        /// Another owner than the caller is refused; an absent one is set.
        case reject
        case any
    }

    package enum Change: String, Sendable, CaseIterable {
        /// By its owner only.
        case owner
        case any
    }

    package enum GiveAway: String, Sendable, CaseIterable {
        /// The owner can't be changed.
        case deny
        case allow
    }

    /// What it is called in audit and metrics: `note`.
    package var name = ""
    /// The path of one record, `/notes/{id}`; without its last segment, that of the collection.
    package var item = ""
    /// The record's member with its owner's id.
    package var field = ""
    /// The record's member with its own id.
    package var id = "id"
    package var create = Create.stamp
    package var change = Change.owner
    package var delete = Change.owner
    package var giveAway = GiveAway.deny
    package var mode = PolicyMode.enforce
    /// Ids of those who may change, delete and give away any record. Not names: those can be changed.
    package var admins: [String] = []

    package init() {}
}

/// `ownership.break_glass`: in an emergency somebody may do what only the owner may.
package struct BreakGlassSettings: Sendable, Equatable {
    /// Ids of those who may.
    package var callers: [String] = []
    /// The field with the reason, which goes to the audit trail and not upstream.
    package var header = "Stent-Reason"
    /// Length of a reason in characters, at least.
    package var minimumLength = 15
    /// How long a reason is good from its first use.
    package var lifetime = Duration.seconds(3600)

    package init() {}
}

/// `routes[].record_as_note`: a good answer is written down as a record, once.
package struct RecordAsNoteSettings: Sendable, Equatable {
    /// The path of the collection that the record is posted to.
    package var to = ""
    /// The record's title; `{id}` and other parameters of the route, `{reference}` and `{time}` are filled in.
    package var title = ""
    /// Members of the answer: the text that stands first, and the list of which each element is a line.
    package var summary = "overall"
    package var lines = "results"
    /// The parameter of the route's path that says what the record is about.
    package var subject = "id"
    /// Members of the record.
    package var titleMember = "title"
    package var bodyMember = "body"
    package var subjectMember = "patient_id"
    package var authorMember = "staff_id"

    package init() {}
}

/// `outbox`: records that stent itself is yet to write.
package struct OutboxSettings: Sendable, Equatable {
    /// Credentials of a service account, `user:password`, with which a record is written whose author does not come by;
    /// `nil`: it waits for its author.
    package var account: String?
    /// How long after its end a job is remembered.
    package var keep = Duration.seconds(86_400)

    package init() {}
}
