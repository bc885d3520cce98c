/// A proxy under test, as the runner sees it.
package protocol WireTarget: Sendable {
    /// The port of the plaintext listener, on the loopback address.
    var httpPort: Int { get }

    /// The lines of the audit trail so far, whole ones only.
    func auditLines() async throws -> [String]

    /// Ends the proxy.
    ///
    /// - Returns: all lines of the audit trail: every exchange has its own by then.
    func stop() async throws -> [String]
}

/// Starts a proxy for a case.
package protocol WireTargetFactory: Sendable {
    associatedtype Target: WireTarget

    /// - Parameters:
    ///   - configuration: the settings, short of where the upstream is; see ``WireConfiguration/document(upstreamPort:)``.
    ///   - upstreamPort: where the case's upstream listens, on the loopback address.
    func start(_ configuration: WireConfiguration, upstreamPort: Int) async throws -> Target
}
