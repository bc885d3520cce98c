import StentAudit
import StentModel
import StentTrail

/// `verify`: whether a trail is whole and unaltered.
extension AuditCommands {
    package struct Verification: Sendable {
        /// Files of public keys (PEM).
        package var keys: [String] = []
        package var atLeast: Int?
        /// Files of seals that were kept elsewhere.
        package var anchors: [String] = []
        package var isQuiet = false

        package init() {}
    }

    /// - Returns: 1 where anything was found.
    package static func verify(_ place: AuditPlace, _ asked: Verification) -> Int32 {
        attempt {
            let (directory, keys) = try place.open()
            var settings = AuditVerifier.Settings()
            settings.atLeast = asked.atLeast
            for path in asked.keys {
                let text = String(decoding: try SmallBytes.read(path, limit: 64 << 10), as: UTF8.self)
                do throws(AuditKeyFault) {
                    settings.keys.append(try AuditPublicKey(pem: text))
                } catch {
                    throw TrailFault(path, .key("\(error)"))
                }
            }
            for path in asked.anchors {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                settings.anchors += try TrailVerification.anchors(in: path, name: name)
            }
            let clock = ContinuousClock()
            let start = clock.now
            let report = try TrailVerification.run(directory, settings, keys: keys)
            let seconds = (clock.now - start) / .seconds(1)
            for finding in report.verdict.findings { StandardStreams.output("\(finding)") }
            tell(report.faults)
            if report.verdict.furtherFindings > 0 {
                StandardStreams.output("\(report.verdict.furtherFindings) further findings are not listed")
            }
            if !asked.isQuiet { StandardStreams.output(VerificationSummary.text(report, seconds: seconds)) }
            return report.isWhole ? 0 : 1
        }
    }
}
