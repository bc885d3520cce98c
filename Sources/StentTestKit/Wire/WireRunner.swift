import Foundation

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
            try await target.stop()
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
        async let serving: Void = WireStage.onThread {
            guard isScripted else { return plain.play() }
            Self.attempt(stage, wireCase.place) { try scripted.play() }
        }
        // However this ends, the serving thread must: leaving the scope waits for it.
        defer { plain.finish() }
        let clients = wireCase.clients.map { WireClientRun($0, port: target.httpPort, stage: stage) }
        await WireStage.onThread {
            for client in clients { Self.attempt(stage, wireCase.place) { try client.play() } }
        }
        if isScripted { await serving }
        if let audit = wireCase.audit { try await awaitLines(audit.lineCount, target, stage) }
        await WireStage.onThread {
            for client in clients { Self.attempt(stage, wireCase.place) { try client.settle() } }
        }
        try await target.stop()
        plain.finish()
        await serving
        await WireStage.onThread {
            Self.attempt(stage, wireCase.place) { try isScripted ? scripted.settle() : plain.settle() }
        }
        let lines = WireAuditRun.exchanges(in: try await target.auditLines())
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
