/// Runs cases against a proxy, each against one of its own.
package struct WireRunner<Factory: WireTargetFactory>: Sendable {
    private let factory: Factory
    /// Longest any single wait of a case lasts.
    private let patience: Duration

    package init(_ factory: Factory, patience: Duration = .seconds(10)) {
        self.factory = factory
        self.patience = patience
    }

    /// - Returns: what failed, with all that was seen on the wire; `nil` where every expectation was met.
    package func run(_ wireCase: WireCase) async throws -> String? {
        let stage = try WireStage(patience: patience)
        let upstream = wireCase.upstream ?? WireUpstream(name: "default", steps: [])
        let listener = try WireListener(listens: !upstream.refusesConnections)
        let target = try await factory.start(wireCase.configuration, upstreamPort: listener.port)
        let lines: [String]
        do {
            lines = try await play(wireCase, upstream, listener, target, stage)
        } catch {
            stage.stop.raise()
            _ = try await target.stop()
            throw error
        }
        guard let failure = stage.firstFailure else { return nil }
        let trail = lines.isEmpty ? "    none" : lines.map { "    " + $0 }.joined(separator: "\n")
        return "\(failure)\n  on the wire:\n\(stage.transcript.text)\n  audit trail:\n\(trail)"
    }

    private func play(
        _ wireCase: WireCase, _ upstream: WireUpstream, _ listener: WireListener, _ target: Factory.Target,
        _ stage: WireStage
    ) async throws -> [String] {
        let scripted = WireUpstreamRun(upstream, listener: listener, stage: stage)
        let plain = try WirePlainUpstream(upstream, listener: listener, stage: stage)
        let isScripted = upstream.isScripted
        let serving = WireThread {
            guard isScripted else { return plain.play() }
            Self.attempt(stage, wireCase.place) { try scripted.play() }
        }
        defer { plain.finish() }
        let clients = wireCase.clients.map { WireClientRun($0, port: target.httpPort, stage: stage) }
        await WireThread {
            for client in clients { Self.attempt(stage, wireCase.place) { try client.play() } }
        }.end()
        if isScripted { await serving.end() }
        if let audit = wireCase.audit { try await awaitLines(audit.lineCount, target, stage) }
        await WireThread {
            for client in clients { Self.attempt(stage, wireCase.place) { try client.settle() } }
        }.end()
        let lines = WireAuditRun.exchanges(in: try await target.stop())
        plain.finish()
        if !isScripted { await serving.end() }
        await WireThread {
            Self.attempt(stage, wireCase.place) { try isScripted ? scripted.settle() : plain.settle() }
        }.end()
        if let audit = wireCase.audit {
            Self.attempt(stage, audit.place) { try WireAuditRun(audit: audit, lines: lines).check() }
        }
        return lines
    }

    /// Waits until the trail has that many lines; fewer are the audit block's failure.
    private func awaitLines(_ count: Int, _ target: Factory.Target, _ stage: WireStage) async throws {
        let deadline = stage.deadline
        while !stage.stop.isRaised, deadline.remainingMilliseconds > 0 {
            if WireAuditRun.exchanges(in: try await target.auditLines()).count >= count { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private static func attempt(_ stage: WireStage, _ place: WirePlace, _ work: () throws -> Void) {
        guard !stage.stop.isRaised else { return }
        do {
            try work()
        } catch let failure as WireFailure {
            stage.fail(failure)
        } catch {
            stage.fail(WireFailure("\(error)", party: "runner", at: place))
        }
    }
}
