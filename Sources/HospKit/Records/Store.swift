/// All records of the simulated HOSP, in memory.
package struct Store: Sendable {
    /// The rows of one resource; ids ascend and are never given twice.
    struct Table: Sendable {
        var rows: [Int: Record] = [:]
        var ids: [Int] = []
        var nextID = 1
    }

    /// Why a record was not saved: messages by field, in the words of Rails.
    package struct Invalid: Error, Equatable {
        package var messages: [(field: String, texts: [String])]

        package static func == (left: Invalid, right: Invalid) -> Bool {
            left.messages.map(\.field) == right.messages.map(\.field)
                && left.messages.map(\.texts) == right.messages.map(\.texts)
        }
    }

    private var tables: [Resource: Table] = [:]

    package init() {}

    package func find(_ resource: Resource, _ id: Int) -> Record? {
        tables[resource]?.rows[id]
    }

    package func count(_ resource: Resource) -> Int {
        tables[resource]?.ids.count ?? 0
    }

    /// All records of a resource, newest id first.
    package func all(_ resource: Resource) -> [Record] {
        guard let table = tables[resource] else { return [] }
        return table.ids.reversed().compactMap { table.rows[$0] }
    }

    /// Whether name and password belong together, and to whom.
    package func authenticate(name: String, password: String) -> Record? {
        guard let table = tables[.staffs] else { return nil }
        for id in table.ids {
            guard let record = table.rows[id], record.text("name") == name else { continue }
            return record.password == password ? record : nil
        }
        return nil
    }

    /// Adds a record.
    ///
    /// - Parameter attributes: values as the client sent them; those that are no fields of the resource are left out.
    package mutating func create(
        _ resource: Resource, _ attributes: [String: JSONValue], at now: Timestamp
    ) throws(Invalid) -> Record {
        let id = tables[resource]?.nextID ?? 1
        var record = Record(id: id, values: [:], createdAt: now, updatedAt: now)
        Self.assign(attributes, to: &record, of: resource)
        try validate(record, of: resource)
        tables[resource, default: Table()].nextID = id + 1
        tables[resource, default: Table()].ids.append(id)
        tables[resource, default: Table()].rows[id] = record
        return record
    }

    /// Changes a record; nil where there is none. As in Rails `updated_at` moves only when a value did.
    package mutating func update(
        _ resource: Resource, _ id: Int, _ attributes: [String: JSONValue], at now: Timestamp
    ) throws(Invalid) -> Record? {
        guard let before = find(resource, id) else { return nil }
        var record = before
        Self.assign(attributes, to: &record, of: resource)
        try validate(record, of: resource)
        if record != before {
            record.updatedAt = max(now, before.updatedAt)
            tables[resource]?.rows[id] = record
        }
        return record
    }

    /// Removes a record and says whether it was there. Records that refer to it stay, as in Rails without `dependent:`.
    package mutating func delete(_ resource: Resource, _ id: Int) -> Bool {
        guard tables[resource]?.rows.removeValue(forKey: id) != nil else { return false }
        tables[resource]?.ids.removeAll { $0 == id }
        return true
    }

    private static func assign(_ attributes: [String: JSONValue], to record: inout Record, of resource: Resource) {
        for field in resource.fields {
            guard let value = attributes[field.name], RubyCast.isScalar(value) else { continue }
            switch field.kind {
            case .text: record.values[field.name] = RubyCast.text(value).map { .string($0) }
            case .reference: record.values[field.name] = RubyCast.integer(value).map { .integer($0) }
            case .date: record.values[field.name] = RubyCast.date(value).map { .string($0) }
            case .password:
                // has_secure_password ignores an empty password on update instead of clearing the old one
                if let password = RubyCast.text(value), !password.isEmpty { record.password = password }
            }
        }
    }

    private func validate(_ record: Record, of resource: Resource) throws(Invalid) {
        var messages: [(field: String, texts: [String])] = []
        for field in resource.fields {
            var texts: [String] = []
            var name = field.name
            switch field.kind {
            case .reference(let other):
                name = other.singular
                if record.number(field.name).flatMap({ find(other, $0) }) == nil { texts.append("must exist") }
            case .password:
                if record.password == nil { texts.append("can't be blank") }
            case .text, .date:
                if field.isRequired, (record.values[field.name] ?? .null).isBlank {
                    texts.append("can't be blank")
                } else if field.isUnique, isTaken(record, field: field.name, of: resource) {
                    texts.append("has already been taken")
                }
            }
            if !texts.isEmpty { messages.append((name, texts)) }
        }
        guard messages.isEmpty else { throw Invalid(messages: messages) }
    }

    private func isTaken(_ record: Record, field: String, of resource: Resource) -> Bool {
        let rows = tables[resource]?.rows ?? [:]
        return rows.values.contains { $0.id != record.id && $0.values[field] == record.values[field] }
    }
}
