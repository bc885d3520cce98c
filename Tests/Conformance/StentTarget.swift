import StentTestKit

/// A stent in this process, as the runner sees it.
struct StentTarget: WireTarget {
    private let harness: StentHarness

    struct Factory: WireTargetFactory {
        func start(_ configuration: WireConfiguration, upstreamPort: Int) async throws -> StentTarget {
            StentTarget(harness: try await .start(yaml: configuration.document(upstreamPort: upstreamPort)))
        }
    }

    var httpPort: Int { harness.httpPort }

    func auditLines() async throws -> [String] { try harness.auditLines() }

    func stop() async throws -> [String] { try await harness.stop() }
}
