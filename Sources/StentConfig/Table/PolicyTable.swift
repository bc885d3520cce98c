import StentModel

/// The rows of `identity`, `contract`, `ownership` and `outbox`, and of what routes say of them.
enum PolicyTable {
    static let identity: [Row<IdentitySettings>] = [
        .value(
            "scheme", \.scheme, .choice(of: IdentitySettings.Scheme.self), .value("basic"),
            "How callers say who they are; `basic` is HTTP Basic (RFC 7617)."),
        .value(
            "realm", \.realm, .realm, .value("Application"), "`realm` of the challenge in a 401 of stent's own."),
        .section("proof", \.proof, proof, required: true, "Whose credentials they are is asked of the upstream."),
        .list(
            "changed_by", \.changedBy, of: .pattern, .value("[]"),
            """
            Requests that change what credentials mean, as routes are matched: `{PATCH,PUT,DELETE} /staffs/{id}`. After a \
            good answer to one everybody is asked for anew.
            """),
    ]

    private static let proof: [Row<ProofSettings>] = [
        .value(
            "request", \.request, .ask, .required,
            "The GET that answers with the caller's own record: `GET /staffs/me`."),
        .value("id", \.id, .pointer, .value("/id"), "Where the record has the caller's id."),
        .value(
            "name", \.name, .pointer, .value("/name"),
            "Where it has their name; for the audit trail, never for decisions."),
        .value(
            "lifetime", \.lifetime, .duration(.seconds(1) ... .seconds(86_400)), .value("5m"),
            "How long an answer is good."),
        .value(
            "negative", \.negative, .duration(.zero ... .seconds(600)), .value("10s"),
            "How long credentials that were refused are refused again without asking."),
        .value(
            "stale_while_down", \.staleWhileDown, .duration(.zero ... .seconds(7 * 86_400)), .value("1h"),
            "How much longer an answer is good for reading, never for writing, while the upstream can't be asked."),
        .value(
            "maximum", \.maximum, .count(1...1_000_000), .value("20000"),
            "Callers that are remembered; the oldest is forgotten for more."),
    ]

    static let contract: [Row<ContractSettings>] = [
        .value(
            "openapi", \.openapi, .path(), .required,
            "The OpenAPI 3.1 document, from the directory of this file; docs/contract.md says what is read of it."),
        .value(
            "requests", \.requests, .choice(of: PolicyMode.self), .value("enforce"),
            """
            `enforce` refuses requests that break the contract; `report` passes them on and records what would have been \
            refused; `off` does not look.
            """),
        .value(
            "responses", \.responses, .observation, .value("report"),
            "`report` records answers that break the contract; the client gets them all the same."),
        .list(
            "suffixes", \.suffixes, of: .suffix, .value("[.json]"), "Endings of a path that name the same resource."),
        .value(
            "undeclared", \.undeclared, .choice(of: ContractSettings.Undeclared.self), .value("drop"),
            """
            Members of an object that its schema says nothing about: `drop` leaves them out of what goes upstream, \
            `pass` passes them on, `refuse` refuses the request.
            """),
        .value(
            "held", \.held, .size(.mebibytes(1) ... .gibibytes(64)), .value("256MiB"),
            "Content of requests that is held until it has been judged, all together."),
    ]

    static let ownership: [Row<OwnershipSettings>] = [
        .sections(
            "resources", \.resources, blank: OwnedResourceSettings(), resource, .value("[]"),
            "Records that belong to somebody."),
        .optionalSection(
            "break_glass", \.breakGlass, blank: BreakGlassSettings(), breakGlass,
            absent: "nobody can do what only the owner may",
            "In an emergency, named callers may do what only the owner may, with a reason that is recorded."),
    ]

    private static let resource: [Row<OwnedResourceSettings>] = [
        .value("name", \.name, .label, .required, "What it is called in audit and metrics: `note`."),
        .value(
            "item", \.item, .itemPath, .required,
            "The path of one record, `/notes/{id}`; without its last segment, that of the collection."),
        .value("field", \.field, .member, .required, "The record's member with its owner's id: `staff_id`."),
        .value("id", \.id, .member, .value("id"), "The record's member with its own id."),
        .value(
            "create", \.create, .choice(of: OwnedResourceSettings.Create.self), .value("stamp"),
            """
            `stamp` sets the owner of a new record to the caller, whatever was sent; `reject` refuses another owner, and \
            sets an absent one; `any` takes what was sent.
            """),
        .value(
            "change", \.change, .choice(of: OwnedResourceSettings.Change.self), .value("owner"),
            "Who may change a record: its `owner`, or `any` caller."),
        .value(
            "delete", \.delete, .choice(of: OwnedResourceSettings.Change.self), .value("owner"),
            "Who may delete a record: its `owner`, or `any` caller."),
        .value(
            "give_away", \.giveAway, .choice(of: OwnedResourceSettings.GiveAway.self), .value("deny"),
            "Whether a change may name another owner."),
        .value(
            "mode", \.mode, .choice(of: PolicyMode.self), .value("enforce"),
            "`report` lets everything pass and records what would have been refused."),
        .list(
            "admins", \.admins, of: .callerID, .value("[]"),
            "Ids of callers who may change, delete and give away any record."),
    ]

    private static let breakGlass: [Row<BreakGlassSettings>] = [
        .list("callers", \.callers, of: .callerID, .value("[]"), "Ids of those who may."),
        .value(
            "header", \.header, .fieldName, .value("Stent-Reason"),
            "The field with the reason, which goes to the audit trail and not upstream."),
        .value(
            "minimum_length", \.minimumLength, .count(1...1_000), .value("15"),
            "Length of a reason in characters, at least."),
        .value(
            "lifetime", \.lifetime, .duration(.seconds(1) ... .seconds(86_400)), .value("1h"),
            "How long a reason is good from its first use."),
    ]

    static let outbox: [Row<OutboxSettings>] = [
        .optional(
            "account", \.account, .account, absent: "a record waits until its author comes by",
            """
            Credentials of a service account with which a record is written whose author does not come by: \
            `${file:/path}` of a file with `user:password`. Shown nowhere.
            """),
        .value(
            "keep", \.keep, .duration(.seconds(60) ... .seconds(90 * 86_400)), .value("24h"),
            "How long after its end a record's job is remembered."),
    ]

    static let recordAsNote: [Row<RecordAsNoteSettings>] = [
        .value("to", \.to, .collectionPath, .required, "The path of the collection that the record is posted to."),
        .value(
            "title", \.title, .title, .required,
            """
            The record's title. Parameters of the route (`{id}`), `{time}` and `{reference}`, which tells one record from \
            another, are filled in.
            """),
        .value(
            "summary", \.summary, .member, .value("overall"), "The answer's member with the text that stands first."),
        .value(
            "lines", \.lines, .member, .value("results"),
            "The answer's member with a list, of which each element is a line."),
        .value(
            "subject", \.subject, .parameter, .value("id"),
            "The parameter of the route's path that says what the record is about."),
        .value("title_member", \.titleMember, .member, .value("title"), "The record's member with its title."),
        .value("body_member", \.bodyMember, .member, .value("body"), "The record's member with its text."),
        .value(
            "subject_member", \.subjectMember, .member, .value("patient_id"),
            "The record's member that says what it is about."),
        .value(
            "author_member", \.authorMember, .member, .value("staff_id"), "The record's member with its author's id."),
    ]
}
