import StentModel

/// The rules between settings: each value alone is right when they are asked.
///
/// A contradiction is reported where the setting that would have no effect was written. Against a default it stays
/// silent where the default gives way by itself (an attempt ends at the deadline, whatever its own limit).
struct Rules {
    let settings: Settings
    let places: [String: Place]
    /// The contract's document was read and found good.
    let hasContract: Bool
    private let failed: Set<String>

    init(settings: Settings, decoding: Decoding, hasContract: Bool) {
        self.settings = settings
        self.hasContract = hasContract
        places = decoding.places
        failed = decoding.failed
    }

    func contradictions() -> [ConfigProblem] {
        listeners() + certificatePairs() + timeLimits() + sizes() + retries() + upstreamTLS()
            + reliability() + routeWrites() + policies() + cache() + audit()
    }

    // MARK: Listeners

    private func listeners() -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        let listen = settings.listen
        if listen.https == nil, listen.http == nil, isSound("listen") {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: "listen"), "there is no listener for clients",
                    help: "set `listen.https` or `listen.http`"))
        }
        if listen.http?.redirectToHTTPS == true, listen.https == nil {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: "listen.http.redirect_to_https"),
                    "`listen.http.redirect_to_https` needs `listen.https`, which is not set"))
        }
        let all = [
            ("listen.https.address", listen.https?.address), ("listen.http.address", listen.http?.address),
            ("listen.admin.address", listen.admin?.address),
        ]
        var seen: [(path: String, address: ListenAddress)] = []
        for case (let path, let address?) in all where isSound(path) {
            if let other = seen.first(where: { Self.collide($0.address, address) }) {
                problems.append(
                    ConfigProblem(
                        .contradiction, at: place(of: path), "`\(path)` is the same port as `\(other.path)`",
                        help: "give each listener a port of its own"))
            }
            seen.append((path, address))
        }
        if let admin = listen.admin?.address, isSound("listen.admin.address"), !Self.isLoopback(admin.host) {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: "listen.admin.address"),
                    "the admin listener asks for no credentials, so it must be on a loopback address",
                    help: "write `127.0.0.1:\(admin.port)`"))
        }
        return problems
    }

    /// Whether both can't be bound. A wildcard of IPv6 is taken to claim IPv4 too, as Linux does by default.
    private static func collide(_ left: ListenAddress, _ right: ListenAddress) -> Bool {
        guard left.port == right.port, left.port != 0 else { return false }
        let (first, second) = (IPAddress.bytes(of: left.host) ?? [], IPAddress.bytes(of: right.host) ?? [])
        if first == second { return true }
        let isSameFamily = first.count == second.count
        return [first, second].contains { bytes in
            bytes.allSatisfy { $0 == 0 } && (isSameFamily || bytes.count == 16)
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let bytes = IPAddress.bytes(of: host) ?? []
        let ipv4 = IPAddress.unmapped(bytes) ?? bytes
        return ipv4.count == 4 ? ipv4.first == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    private func certificatePairs() -> [ConfigProblem] {
        let certificates = settings.listen.https?.certificates ?? []
        return certificates.enumerated().compactMap { index, certificate in
            let path = "listen.https.certificates[\(index)]"
            guard certificate.chain.isEmpty != certificate.key.isEmpty, isSound("\(path).chain"), isSound("\(path).key")
            else { return nil }
            let (given, missing) = certificate.key.isEmpty ? ("chain", "key") : ("key", "chain")
            return ConfigProblem(
                .contradiction, at: place(of: "\(path).\(given)"), "`\(path)` has a \(given) and no \(missing)",
                help: "set both, or neither for a development certificate")
        }
    }

    // MARK: Quantities

    private func timeLimits() -> [ConfigProblem] {
        let upstream = settings.upstream
        var problems = [
            tooLarge(
                "upstream.connect_timeout", upstream.connectTimeout, "upstream.attempt_timeout", upstream.attemptTimeout
            ),
            tooLarge(
                "upstream.first_byte_timeout", upstream.firstByteTimeout, "upstream.attempt_timeout",
                upstream.attemptTimeout),
            tooLarge(
                "retry.backoff.base", settings.retry.backoffBase, "retry.backoff.maximum", settings.retry.backoffMaximum
            ),
        ]
        if let deadline = upstream.deadline {
            problems += [
                tooLarge("upstream.attempt_timeout", upstream.attemptTimeout, "upstream.deadline", deadline),
                tooLarge(
                    "retry.backoff.retry_after_maximum", settings.retry.retryAfterMaximum, "upstream.deadline", deadline
                ),
            ]
        }
        return problems.compactMap(\.self)
    }

    private func sizes() -> [ConfigProblem] {
        let limits = settings.limits
        let pool = settings.upstream.pool
        return [
            tooLarge("limits.target", limits.target, "limits.head", limits.head),
            tooLarge(
                "limits.connections_per_address", limits.connectionsPerAddress, "limits.connections", limits.connections
            ),
            tooLarge(
                "upstream.pool.maximum_idle", pool.maximumIdle, "upstream.pool.maximum_connections",
                pool.maximumConnections),
        ].compactMap(\.self)
    }

    /// A written value above the one that bounds it.
    func tooLarge<Value: Comparable>(
        _ path: String, _ value: Value, _ boundPath: String, _ bound: Value
    ) -> ConfigProblem? {
        guard value > bound, places[path] != nil, isSound(path), isSound(boundPath) else { return nil }
        let origin = places[boundPath] == nil ? ", which has its default" : ""
        return ConfigProblem(
            .contradiction, at: place(of: path), "`\(path)` is above `\(boundPath)`\(origin), so it has no effect",
            help: "lower it, or raise `\(boundPath)`")
    }

    // MARK: Retries and the upstream

    private func retries() -> [ConfigProblem] {
        let retry = settings.retry
        var problems: [ConfigProblem] = []
        let repeated =
            (retry.attempts > 1 ? ["retry.attempts"] : [])
            + settings.routes.indices.compactMap { index in
                (settings.routes[index].attempts ?? 1) > 1 ? "routes[\(index)].attempts" : nil
            }
        if retry.causes.isEmpty, isSound("retry.on"), let path = repeated.first {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: path), "`\(path)` allows retries, and `retry.on` names no failure"))
        }
        if retry.holdResponse.value == 0, retry.causes.contains(.truncated), !repeated.isEmpty,
            places["retry.hold_response"] != nil, isSound("retry.hold_response"), isSound("retry.on")
        {
            problems.append(
                ConfigProblem(
                    .contradiction, at: place(of: "retry.hold_response"),
                    "`retry.on` names `truncated`, which shows only in an answer that is held back",
                    help: "raise `retry.hold_response`, or take `truncated` out of `retry.on`"))
        }
        return problems
    }

    private func upstreamTLS() -> [ConfigProblem] {
        guard isSound("upstream.servers"), !settings.upstream.servers.contains(where: \.isTLS) else { return [] }
        return ["upstream.tls.authorities", "upstream.tls.server_name"].filter { places[$0] != nil && isSound($0) }
            .map { path in
                ConfigProblem(
                    .contradiction, at: place(of: path),
                    "`\(path)` has no effect: no server of `upstream.servers` is https")
            }
    }

    // MARK: Places

    /// Neither it nor a section above it has a problem of its own.
    func isSound(_ path: String) -> Bool {
        var path = path[...]
        while true {
            if failed.contains(String(path)) { return false }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return !failed.contains("") }
            path = path[..<end]
        }
    }

    /// Where a setting stands, or the nearest section above it that was written.
    func place(of path: String) -> Place {
        var path = path[...]
        while true {
            if let place = places[String(path)] { return place }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return .start }
            path = path[..<end]
        }
    }
}
