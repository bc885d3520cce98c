import NIOCore

/// The control port: switches, orders and looks, as plain HTTP with JSON. Belongs to the event loop.
final class Control: ConversationOwner {
    let core: HospCore
    let listener: ServiceListener
    private var conversations: [ObjectIdentifier: Conversation] = [:]

    init(core: HospCore, listener: ServiceListener) {
        self.core = core
        self.listener = listener
    }

    private static let help = Answer(
        status: 200, fields: [("Content-Type", "text/plain; charset=utf-8")], body: [UInt8](helpText.utf8),
        framing: .contentLength)

    private static let helpText = """
        hosp, the HOSP simulator: control port

        GET  /status                       profile, seed, time scale, what is in flight
        PUT  /profile                      "faulty", or a JSON object as in a profile file
        POST /inject                       {"kind": "500-before", "count": 1, "method": "POST", "path-prefix": "/notes"}
                                           kinds: 500-before 500-after reset truncate malformed delay refuse
                                           "delay" needs "delay-ms"; "reset" takes "committed": true or false;
                                           "truncate" and "malformed" take "variant"
        GET  /counters                     what arrived, what was done to it, what was answered
        GET  /arrivals?since=N&limit=K     the log of what arrived, from sequence number N on
        GET  /records                      every record, for judging the state afterwards
        POST /reset                        seed data, dice and counters from the start; {"seed": N} for other dice

        Profiles: calm faulty brownout surge outage outage-reset outage-errors

        """

    /// Switches the behaviour; done when an outage has begun or ended.
    func setProfile(_ profile: Profile) -> EventLoopFuture<Void> {
        core.setProfile(profile)
        return listener.follow(profile)
    }

    /// Closes the service and every connection, those to this port too.
    func stop() -> EventLoopFuture<Void> {
        core.crash()
        for conversation in conversations.values { conversation.close() }
        return listener.stop()
    }

    func opened(_ conversation: Conversation) {
        conversations[ObjectIdentifier(conversation)] = conversation
    }

    func closed(_ conversation: Conversation) {
        conversations[ObjectIdentifier(conversation)] = nil
    }

    func foundUnparsable(on conversation: Conversation) {}

    func received(_ request: HospRequest, on conversation: Conversation) {
        let path = String(request.target.prefix { $0 != "?" })
        switch (request.method, path) {
        case ("GET", "/"): send(Self.help, conversation)
        case ("GET", "/status"): send(status(), conversation)
        case ("PUT", "/profile"): changeProfile(request, conversation)
        case ("POST", "/inject"): send(answer { () throws(ProfileFile.Problem) in try inject(request) }, conversation)
        case ("GET", "/counters"): send(json { core.counters.write(to: &$0) }, conversation)
        case ("GET", "/arrivals"):
            send(answer { () throws(ProfileFile.Problem) in try arrivals(request) }, conversation)
        case ("GET", "/records"): send(records(), conversation)
        case ("POST", "/reset"): send(answer { () throws(ProfileFile.Problem) in try reset(request) }, conversation)
        case (_, "/"), (_, "/status"), (_, "/profile"), (_, "/inject"), (_, "/counters"), (_, "/arrivals"),
            (_, "/records"), (_, "/reset"):
            send(problem(405, "\(path) does not take \(request.method); GET / lists the verbs"), conversation)
        default: send(problem(404, "there is no \(path); GET / lists the verbs"), conversation)
        }
    }

    private func status() -> Answer {
        json { writer in
            writer.beginObject()
            writer.key("profile")
            ProfileFile.write(core.profile, to: &writer)
            writer.member("seed", String(core.schedule.seed))
            writer.key("time-scale")
            writer.value(.double(core.timeScale))
            writer.member("drawn", core.schedule.drawn)
            writer.member("queued", core.queued)
            writer.member("in-service", core.counters.inService)
            writer.key("injections")
            writer.beginArray()
            for injection in core.injections {
                writer.value(.object(["kind": .string(injection.kind.name), "count": .integer(injection.count)]))
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func changeProfile(_ request: HospRequest, _ conversation: Conversation) {
        do {
            let profile = try Self.profile(in: request.body)
            setProfile(profile).assumeIsolated().whenComplete { result in
                switch result {
                case .success: self.send(self.json { ProfileFile.write(profile, to: &$0) }, conversation)
                case .failure(let error):
                    self.send(self.problem(500, "the service can't listen again: \(error)"), conversation)
                }
            }
        } catch {
            send(problem(400, error.description), conversation)
        }
    }

    /// A profile as JSON, or the bare name of one.
    private static func profile(in body: [UInt8]) throws(ProfileFile.Problem) -> Profile {
        let bare = String(decoding: body, as: UTF8.self).filter { !$0.isWhitespace }
        if let builtIn = Profile.named(bare) { return builtIn }
        return try ProfileFile.parse(body)
    }

    private func inject(_ request: HospRequest) throws(ProfileFile.Problem) -> Answer {
        let injection = try Injection.parse(Self.body(of: request))
        core.inject(injection)
        return status()
    }

    private func arrivals(_ request: HospRequest) throws(ProfileFile.Problem) -> Answer {
        guard let query = try? NestedParameters.parse(urlEncoded: Route.query(of: request.target)) else {
            throw .init(description: "the query can't be read")
        }
        try ProfileFile.onlyKnown(query, ["since", "limit"], in: "/arrivals")
        func number(_ key: String, _ fallback: Int) throws(ProfileFile.Problem) -> Int {
            guard let given = query[key] else { return fallback }
            guard let number = given.string.flatMap({ Int($0) }), number >= 0 else {
                throw .init(description: "\(key) must be an integer from 0")
            }
            return number
        }
        let found = core.log.since(try number("since", 0), limit: try number("limit", 10_000))
        return json { writer in
            writer.beginObject()
            writer.member("oldest", core.log.oldest)
            writer.member("next", found.last.map { $0.sequence + 1 } ?? core.log.next)
            writer.key("arrivals")
            writer.beginArray()
            for arrival in found { arrival.write(to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func records() -> Answer {
        let view = RecordView(origin: "http://hosp")
        return json { writer in
            writer.beginObject()
            for resource in Resource.allCases {
                writer.key(resource.rawValue)
                writer.beginArray()
                for record in core.application.store.all(resource).reversed() {
                    view.write(record, of: resource, to: &writer)
                }
                writer.endArray()
            }
            writer.endObject()
        }
    }

    private func reset(_ request: HospRequest) throws(ProfileFile.Problem) -> Answer {
        var seed: UInt64?
        if !request.body.isEmpty {
            guard case .object(let members) = try Self.body(of: request) else {
                throw .init(description: "the body must be a JSON object, or empty")
            }
            try ProfileFile.onlyKnown(members, ["seed"], in: "a reset")
            if members["seed"] != nil { seed = UInt64(try ProfileFile.number("seed", members, 0...Int.max, 0)) }
        }
        core.reset(seed: seed)
        return status()
    }

    private static func body(of request: HospRequest) throws(ProfileFile.Problem) -> JSONValue {
        do {
            return try JSONReader.read(request.body)
        } catch {
            throw .init(description: "not JSON: \(error.reason) at byte \(error.offset)")
        }
    }

    private func answer(_ make: () throws(ProfileFile.Problem) -> Answer) -> Answer {
        do {
            return try make()
        } catch {
            return problem(400, error.description)
        }
    }

    private func problem(_ status: Int, _ sentence: String) -> Answer {
        var answer = json { writer in
            writer.beginObject()
            writer.member("error", sentence)
            writer.endObject()
        }
        answer.status = status
        return answer
    }

    private func json(_ write: (inout JSONWriter) -> Void) -> Answer {
        var writer = JSONWriter()
        write(&writer)
        return Answer(
            status: 200, fields: [("Content-Type", "application/json")], body: writer.bytes + [0x0A],
            framing: .contentLength)
    }

    private func send(_ answer: Answer, _ conversation: Conversation) {
        conversation.deliver(.sound(answer, conversation.exchange))
    }
}
