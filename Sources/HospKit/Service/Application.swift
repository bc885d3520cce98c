/// HOSP itself: the contract of the records service over the store, without faults, time or sockets.
package struct Application: Sendable {
    package private(set) var store: Store

    package init(store: Store = .seeded()) {
        self.store = store
    }

    /// Does what the request asks for and answers.
    ///
    /// The order is Rails': unknown route (500), unreadable parameters (400), credentials (401), then the action.
    ///
    /// - Parameter now: what a change is stamped with.
    package mutating func respond(to request: HospRequest, route: Route, now: Timestamp) -> Answer {
        switch route {
        case .root:
            return Answer(
                status: 200, fields: [("Content-Type", "text/html; charset=utf-8")],
                body: [UInt8]("Server is online.".utf8))
        case .unknown: return ErrorPages.failure(accept: request.variable("ACCEPT"))
        case .list, .create, .show, .update, .delete, .me, .screen: break
        }
        guard let parameters = try? Parameters(of: request, route: route) else { return ErrorPages.json(400) }
        guard let caller = caller(of: request) else { return Self.denied() }
        return act(route, parameters, caller: caller, view: RecordView(for: request), now: now)
    }

    private func caller(of request: HospRequest) -> Record? {
        guard let authorization = request.variable("AUTHORIZATION"),
            let credentials = BasicCredentials(authorization)
        else { return nil }
        return store.authenticate(name: credentials.name, password: credentials.password)
    }

    private mutating func act(
        _ route: Route, _ parameters: Parameters, caller: Record, view: RecordView, now: Timestamp
    ) -> Answer {
        switch route {
        case .list(let resource): return list(resource, parameters, view)
        case .me: return show(caller, .staffs, view)
        case .show(let resource, _):
            guard let record = route.id.flatMap({ store.find(resource, $0) }) else { return ErrorPages.json(404) }
            return show(record, resource, view)
        case .create(let resource): return create(resource, parameters, view, now)
        case .update(let resource, _): return update(resource, route.id ?? 0, parameters, view, now)
        case .delete(let resource, _):
            guard let id = route.id, store.delete(resource, id) else { return ErrorPages.json(404) }
            return Answer(status: 204, commit: .init(kind: .deleted, resource: resource, id: id))
        case .screen:
            guard route.id.flatMap({ store.find(.patients, $0) }) != nil else { return ErrorPages.json(404) }
            return screen(parameters)
        case .root, .unknown: return ErrorPages.failure(accept: nil)
        }
    }

    private func list(_ resource: Resource, _ parameters: Parameters, _ view: RecordView) -> Answer {
        let wanted: Set<Int>?
        switch resource.filter.flatMap({ parameters[$0] }) {
        case .array(let values)?: wanted = Set(values.compactMap(RubyCast.integer))
        case let value? where !value.isBlank: wanted = Set([RubyCast.integer(value)].compactMap(\.self))
        case .some, nil: wanted = nil
        }
        var writer = JSONWriter()
        writer.beginArray()
        for record in store.all(resource) {
            if let wanted, let filter = resource.filter, !(record.number(filter).map(wanted.contains) ?? false) {
                continue
            }
            view.write(record, of: resource, to: &writer)
        }
        writer.endArray()
        return Self.json(200, writer)
    }

    private func show(_ record: Record, _ resource: Resource, _ view: RecordView) -> Answer {
        var writer = JSONWriter()
        view.write(record, of: resource, to: &writer)
        return Self.json(200, writer)
    }

    private mutating func create(
        _ resource: Resource, _ parameters: Parameters, _ view: RecordView, _ now: Timestamp
    ) -> Answer {
        guard let attributes = parameters.nested(resource.singular) else { return ErrorPages.json(400) }
        do {
            let record = try store.create(resource, attributes, at: now)
            var answer = show(record, resource, view)
            answer.status = 201
            answer.fields.insert(("Location", view.location(resource, record.id)), at: 0)
            answer.commit = .init(kind: .created, resource: resource, id: record.id)
            return answer
        } catch {
            return Self.invalid(error)
        }
    }

    private mutating func update(
        _ resource: Resource, _ id: Int, _ parameters: Parameters, _ view: RecordView, _ now: Timestamp
    ) -> Answer {
        guard store.find(resource, id) != nil else { return ErrorPages.json(404) }
        guard let attributes = parameters.nested(resource.singular) else { return ErrorPages.json(400) }
        do {
            guard let record = try store.update(resource, id, attributes, at: now) else { return ErrorPages.json(404) }
            var answer = show(record, resource, view)
            answer.commit = .init(kind: .updated, resource: resource, id: id)
            return answer
        } catch {
            return Self.invalid(error)
        }
    }

    private func screen(_ parameters: Parameters) -> Answer {
        guard let images = parameters["images"]?.array, !images.isEmpty else { return ErrorPages.json(400) }
        let texts = images.compactMap { $0.string }
        guard texts.count == images.count else {
            return Self.invalid(Store.Invalid(messages: [("images", ["must be strings"])]))
        }
        let results = texts.map(Screening.result)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("overall", Screening.overall(results))
        writer.key("results")
        writer.beginArray()
        for result in results { writer.value(result) }
        writer.endArray()
        writer.endObject()
        return Self.json(200, writer)
    }

    private static func json(_ status: Int, _ writer: JSONWriter) -> Answer {
        Answer(
            status: status, fields: [("Content-Type", "application/json; charset=utf-8"), ("Vary", "Accept")],
            body: writer.bytes)
    }

    private static func invalid(_ problem: Store.Invalid) -> Answer {
        var writer = JSONWriter()
        writer.beginObject()
        for (field, texts) in problem.messages {
            writer.key(field)
            writer.beginArray()
            for text in texts { writer.value(text) }
            writer.endArray()
        }
        writer.endObject()
        return json(422, writer)
    }

    private static func denied() -> Answer {
        Answer(
            status: 401,
            fields: [
                ("WWW-Authenticate", "Basic realm=\"Application\""), ("Content-Type", "text/plain; charset=utf-8"),
            ], body: [UInt8]("HTTP Basic: Access denied.\n".utf8))
    }
}
