import StentModel

/// Whether a create that may have taken effect did: what to ask the upstream, and how to read its answer.
///
/// A POST that failed after it was sent leaves two possibilities, and sending it again would turn one of them into a
/// second record. So the upstream is asked for the list that the record would stand in, and a record of it is taken
/// for ours where
/// - its fields are those of the request, as the upstream casts them (`SentValue`);
/// - it was created no earlier than the first attempt was sent. That is compared on the upstream's clock, which may be
///   hours from ours: `OriginClock` says what time it can at the earliest have been there;
/// - no client has been given its id as the outcome of another create (`CreateRegister`). Two identical creates, by
///   intention and milliseconds apart, would otherwise both find the first one's record, and the second be lost.
///   Creates of equal content take turns for the same reason: a record that another exchange is about to claim must
///   not be found.
///
/// Whatever is not certain is `.unclear`, never `.absent`: an outcome that is unknown can be told, a second record
/// can't be taken back. The list must hold the newest records, in any order; one that leaves them out makes
/// them look absent.
package struct ResendRule: Sendable, Equatable {
    /// What a create leads one to expect.
    package struct Expectation: Sendable, Equatable {
        /// The target of the GET that lists the records.
        package var target: [UInt8]
        package var key: CreateKey
        /// Name and sent value of each field that record and request have in common.
        package var fields: [Field]
    }

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: FieldValue
    }

    /// Whether the upstream can be asked about a create at all.
    package enum Reading: Sendable, Equatable {
        case verifiable(Expectation)
        case unverifiable(Obstacle)
    }

    /// Why the upstream can't be asked.
    package enum Obstacle: String, Sendable, CaseIterable {
        case notJSON = "content-not-json"
        case notAnObject = "content-not-an-object"
        /// Rails reads `{"note":{"title":"a"}}` as `{"title":"a"}`: what is nested may be the record.
        case nested = "content-nested"
        /// A place of the target has no value in the content.
        case placeEmpty = "place-empty"
        case targetTooLong = "target-too-long"
    }

    package enum Finding: Sendable, Equatable {
        /// - Parameters:
        ///   - record: its bytes in the answer.
        ///   - created: on the upstream's clock.
        case found(id: String, record: Range<Int>, created: WallTime)
        /// The upstream answered, and the record is not there.
        case absent
        case unclear(Uncertainty)
    }

    /// Why an answer does not settle whether the record is there.
    package enum Uncertainty: String, Sendable, CaseIterable {
        case notJSON = "answer-not-json"
        case notAList = "answer-not-a-list"
        /// An element of the list is no object.
        case notARecord = "element-not-a-record"
        /// A record that could be ours does not say when it was created.
        case createdUnreadable = "created-unreadable"
        /// A record that could be ours has no usable id.
        case idUnreadable = "id-unreadable"
        /// A record agrees but for a value that the upstream may have discarded or rewritten.
        case coerced = "value-coerced"
    }

    private static let longestTarget = 2048
    private static let longestID = 256

    private let verify: RequestTemplate
    private let same: [String]
    private let created: String
    private let id: String

    package init(_ settings: ResendSettings) {
        verify = settings.verify
        same = settings.same
        created = settings.created
        id = settings.id
    }

    // MARK: The question

    /// - Parameter content: the request's, of a JSON media type, as it is sent upstream.
    package func expectation(content: [UInt8]) -> Reading {
        let request: JSONValue
        do throws(JSONFault) { request = try JSONDocument(content).root } catch { return .unverifiable(.notJSON) }
        guard request.kind == .object else { return .unverifiable(.notAnObject) }
        guard request.members.allSatisfy({ FieldValue($0.value) != nil }) else { return .unverifiable(.nested) }
        var target: [UInt8] = []
        var identity: [UInt8] = []
        for part in verify.parts {
            switch part {
            case .literal(let text):
                target.append(contentsOf: text.utf8)
                CreateKey.append("/", text, to: &identity)
            case .body(let name):
                let value = FieldValue(request[name: name]) ?? .null
                guard Self.append(query: value, to: &target) else { return .unverifiable(.placeEmpty) }
                CreateKey.append(value, to: &identity)
            }
            guard target.count <= Self.longestTarget else { return .unverifiable(.targetTooLong) }
        }
        let fields = same.map { Field(name: $0, value: FieldValue(request[name: $0]) ?? .null) }
        for field in fields {
            CreateKey.append("=", field.name, to: &identity)
            CreateKey.append(field.value, to: &identity)
        }
        return .verifiable(Expectation(target: target, key: CreateKey(of: identity), fields: fields))
    }

    /// Appends a value as a component of a query: everything but unreserved characters (RFC 3986 §2.3) is encoded.
    ///
    /// - Returns: false for what has no text: the list would be another one.
    private static func append(query value: FieldValue, to target: inout [UInt8]) -> Bool {
        let text: String
        switch value {
        case .null: return false
        case .bool(let flag): text = flag ? "true" : "false"
        case .number(let number): text = number
        case .string(let string): text = string
        }
        guard text.utf8.contains(where: { $0 > 0x20 }) else { return false }
        for byte in text.utf8.prefix(longestTarget + 1) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                target.append(byte)
            case _:
                target.append(UInt8(ascii: "%"))
                target.append(hexDigit(byte >> 4))
                target.append(hexDigit(byte & 0xF))
            }
        }
        return true
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    // MARK: The answer

    /// - Parameters:
    ///   - content: a complete 200 to the GET of `expectation.target`: an array of records.
    ///   - since: the earliest time on the upstream's clock at which the record can have been created.
    ///   - claimed: whether the record of this id is the outcome of another create.
    package func examine(
        answer content: [UInt8], expectation: Expectation, since: WallTime, claimed: (String) -> Bool
    ) -> Finding {
        let answer: JSONValue
        do throws(JSONFault) { answer = try JSONDocument(content).root } catch { return .unclear(.notJSON) }
        guard answer.kind == .array else { return .unclear(.notAList) }
        let sent = expectation.fields.map { (name: $0.name, value: SentValue($0.value)) }
        var first: (id: String, created: WallTime, range: Range<Int>)?
        var uncertainty: Uncertainty?
        for record in answer.elements {
            guard record.kind == .object else {
                uncertainty = uncertainty ?? .notARecord
                continue
            }
            let likeness = likeness(of: record, to: sent)
            guard likeness != .different else { continue }
            guard let created = time(of: record) else {
                uncertainty = uncertainty ?? .createdUnreadable
                continue
            }
            guard Self.mayBe(created, since: since) else { continue }
            guard let id = identifier(of: record) else {
                uncertainty = uncertainty ?? .idUnreadable
                continue
            }
            guard !claimed(id) else { continue }
            guard likeness == .same else {
                uncertainty = uncertainty ?? .coerced
                continue
            }
            let candidate = (id: id, created: created.time, range: record.range)
            if let known = first, !Self.precedes(candidate, known) { continue }
            first = candidate
        }
        if let first { return .found(id: first.id, record: first.range, created: first.created) }
        return uncertainty.map(Finding.unclear) ?? .absent
    }

    /// The id of the record that an answer to a create holds, and when it was created; `nil` where one is missing.
    ///
    /// - Parameter content: of a 201 with the record itself.
    package func created(in content: [UInt8]) -> (id: String, created: WallTime)? {
        let record: JSONValue
        do throws(JSONFault) { record = try JSONDocument(content).root } catch { return nil }
        guard let id = identifier(of: record), let created = time(of: record) else { return nil }
        return (id, created.time)
    }

    private func likeness(of record: JSONValue, to sent: [(name: String, value: SentValue)]) -> Likeness {
        var likeness = Likeness.same
        for field in sent {
            switch field.value.likeness(to: FieldValue(record[name: field.name])) {
            case .same: continue
            case .unknowable: likeness = .unknowable
            case .different: return .different
            }
        }
        return likeness
    }

    private func time(of record: JSONValue) -> OriginTime? {
        guard case .string(let text)? = FieldValue(record[name: created]) else { return nil }
        return OriginTime(text)
    }

    private func identifier(of record: JSONValue) -> String? {
        switch FieldValue(record[name: id]) {
        case .number(let text), .string(let text): (1...Self.longestID).contains(text.utf8.count) ? text : nil
        case .null, .bool, nil: nil
        }
    }

    /// A time that was cut to milliseconds may be before one that it really was after.
    private static func mayBe(_ created: OriginTime, since: WallTime) -> Bool {
        let (end, overflow) = created.time.nanoseconds.addingReportingOverflow(created.resolution.nanoseconds)
        return overflow || end > since.nanoseconds
    }

    /// By id where ids are numbers, by time of creation where they are not.
    private static func precedes(
        _ left: (id: String, created: WallTime, range: Range<Int>),
        _ right: (id: String, created: WallTime, range: Range<Int>)
    ) -> Bool {
        if let leftID = Int(left.id), let rightID = Int(right.id) { return leftID < rightID }
        return (left.created.nanoseconds, left.id) < (right.created.nanoseconds, right.id)
    }
}
