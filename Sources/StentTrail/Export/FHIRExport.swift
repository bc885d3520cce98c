/// FHIR R4 AuditEvent: https://hl7.org/fhir/R4/auditevent.html
enum FHIRExport {
    static func line(_ record: TrailRecord) -> String? {
        guard let time = record.time else { return nil }
        var line = JSONObjectText()
        line.put("resourceType", "AuditEvent")
        line.put("type") { type in
            type.put("system", "http://terminology.hl7.org/CodeSystem/audit-event-type")
            type.put("code", "rest")
            type.put("display", "RESTful Operation")
        }
        line.put("action", action(record))
        line.put("period") { $0.put("start", time) }
        line.put("recorded", time)
        switch record.ending {
        case .success: line.put("outcome", "0")
        case .refused: line.put("outcome", "4")
        case .failed: line.put("outcome", "8")
        // There is no code for it.
        case .unknown: break
        }
        line.put("outcomeDesc", record.reason)
        line.put("agent", objects: [agent(record)])
        line.put("source") { source in
            source.put("observer") { $0.put("display", "stent") }
        }
        line.put("entity", objects: entities(record))
        return line.text
    }

    private static func action(_ record: TrailRecord) -> String {
        switch record.action {
        case .create: "C"
        case .read: "R"
        case .update: "U"
        case .delete: "D"
        case .other: "E"
        }
    }

    private static func agent(_ record: TrailRecord) -> JSONObjectText {
        var agent = JSONObjectText()
        if let staff = record.staff {
            agent.put("who") { who in who.put("identifier") { $0.put("value", staff) } }
        }
        agent.put("altId", record.user)
        if record.listener == "own" { agent.put("name", "stent") }
        agent.put("requestor", raw: "true")
        if let client = record.client {
            agent.put("network") { network in
                network.put("address", client)
                // An IP address.
                network.put("type", "2")
            }
        }
        return agent
    }

    private static func entities(_ record: TrailRecord) -> [JSONObjectText] {
        var request = JSONObjectText()
        if let id = record.id {
            request.put("what") { what in what.put("identifier") { $0.put("value", id) } }
        }
        request.put("name", [record.method, record.path].compactMap { $0 }.joined(separator: " "))
        let facts: [(String, String?)] = [
            ("status", record.status.map(String.init)), ("route", record.route), ("outcome", record.outcome),
            ("override", record.override), ("for", record.parent), ("seq", record.sequence.map(String.init)),
            ("hash", record.hash),
        ]
        let refusals = record.decisions.filter(\.isRefusal).map { ("refused", Optional("\($0.reason) (\($0.mode))")) }
        request.put(
            "detail",
            objects: (facts + refusals).compactMap { name, value in
                // FHIR has no empty strings.
                guard let value, !value.isEmpty else { return nil }
                var detail = JSONObjectText()
                detail.put("type", name)
                detail.put("valueString", value)
                return detail
            })
        guard let type = record.resourceType else { return [request] }
        var resource = JSONObjectText()
        if let id = record.resourceID {
            resource.put("what") { what in what.put("identifier") { $0.put("value", id) } }
        }
        resource.put("name", type)
        if let owner = record.owner, !owner.isEmpty {
            var detail = JSONObjectText()
            detail.put("type", "owner")
            detail.put("valueString", owner)
            resource.put("detail", objects: [detail])
        }
        return [request, resource]
    }
}
