import StentModel
import StentPolicy
import Testing

/// HOSP's contract, made by hand: what `config/hosp.openapi.yaml` says, as far as the rule's tests need it.
func hospContract() -> Contract {
    var book = SchemaBook()
    let id = book.add {
        $0.types = [.integer]
        $0.minimum = "1"
    }
    let text = book.add {
        $0.types = [.string]
        $0.length = .init(maximum: 10_000)
    }
    let name = book.add {
        $0.types = [.string]
        $0.length = .init(minimum: 1, maximum: 200)
    }
    let date = book.add {
        $0.types = [.string]
        $0.format = .date
    }
    let images = book.add {
        $0.types = [.array]
        $0.items = text
    }
    let hospital = book.object(("name", name))
    let staff = book.object(("name", name), ("hospital_id", id), ("password", name))
    let patient = book.object(("name", name), ("hospital_id", id), ("birthdate", date))
    let note = book.object(("title", name), ("body", text), ("patient_id", id), ("staff_id", id))
    let newNote = book.add {
        $0.reference = note
        $0.required = ["title", "patient_id"]
    }
    let screening = book.object(("images", images), required: ["images"])
    let results = book.add {
        $0.types = [.array]
        $0.items = text
    }
    let screened = book.object(("overall", text), ("results", results), required: ["overall", "results"])

    func operation(_ method: Method, _ content: SchemaIndex? = nil, _ query: ContractParameter...) -> ContractOperation
    {
        var operation = ContractOperation(method: method)
        operation.query = query
        operation.content = content.map {
            ContractContent(
                isRequired: true,
                media: [ContractMedia(type: "application/json", schema: $0, wrapper: $0 == newNote ? "note" : nil)])
        }
        return operation
    }
    func filter(_ name: String) -> ContractParameter { ContractParameter(name: name, schema: id, isRequired: false) }
    let parameter = ContractPath.Segment.parameter(ContractParameter(name: "id", schema: id, isRequired: true))
    func resource(
        _ name: String, create: SchemaIndex, change: SchemaIndex, _ query: ContractParameter...
    ) -> [ContractPath] {
        var list = operation(.get)
        list.query = query
        return [
            ContractPath(
                template: "/\(name)", segments: [.literal(name)], operations: [list, operation(.post, create)]),
            ContractPath(
                template: "/\(name)/{id}", segments: [.literal(name), parameter],
                operations: [
                    operation(.get), operation(.patch, change), operation(.put, change), operation(.delete),
                ]),
        ]
    }
    var root = operation(.get)
    root.isOpen = true
    var screen = operation(.post, screening)
    screen.answers = [
        ContractAnswer(statuses: 200...200, media: [ContractMedia(type: "application/json", schema: screened)]),
        ContractAnswer(statuses: 400...499, media: []),
    ]
    let paths: [ContractPath] =
        [ContractPath(template: "/", segments: [], operations: [root])]
        + resource("hospitals", create: hospital, change: hospital)
        + resource("staffs", create: staff, change: staff)
        + [
            ContractPath(
                template: "/staffs/me", segments: [.literal("staffs"), .literal("me")], operations: [operation(.get)])
        ]
        + resource("patients", create: patient, change: patient, filter("hospital_id"))
        + [
            ContractPath(
                template: "/patients/{id}/screen", segments: [.literal("patients"), parameter, .literal("screen")],
                operations: [screen])
        ]
        + resource("notes", create: newNote, change: note, filter("patient_id"))
    return Contract(paths: paths, schemas: book.schemas)
}

func hospSettings(_ change: (inout ContractSettings) -> Void = { _ in }) -> ContractSettings {
    var settings = ContractSettings()
    settings.contract = hospContract()
    change(&settings)
    return settings
}

/// A verdict in a form that can be compared: what goes upstream, or why nothing does.
struct Judged: Equatable, CustomStringConvertible {
    var target: String?
    var template: String?
    var values: [String] = []
    var content: ContractMatch.Content?
    var contentType: String?
    var reason: Reason?
    var allow: [Method] = []
    var sentences: [String] = []

    init(_ verdict: ContractVerdict) {
        switch verdict {
        case .passes(let match):
            target = String(decoding: match.target, as: UTF8.self)
            template = match.template
            values = match.parameters.map(\.value)
            content = match.content
            contentType = match.contentType.map { String(decoding: $0, as: UTF8.self) }
        case .refused(let refusal):
            reason = refusal.reason
            allow = refusal.allow
            sentences = refusal.problems.map { "\($0.pointer) \($0.sentence)" }
        }
    }

    var description: String { "\(target ?? "-") \(template ?? "-") \(reason?.rawValue ?? "-") \(sentences)" }
}

extension ContractRule {
    /// Judges a head of these lines, `Host` added.
    func judged(_ line: String, _ fields: String...) throws -> Judged {
        Judged(judge(try requestHead(lines: [line + " HTTP/1.1", "Host: a"] + fields)))
    }

    func match(_ line: String, _ fields: String...) throws -> ContractMatch {
        switch judge(try requestHead(lines: [line + " HTTP/1.1", "Host: a"] + fields)) {
        case .passes(let match): return match
        case .refused(let refusal):
            Issue.record("refused: \(refusal)")
            throw refusal.reason
        }
    }
}
