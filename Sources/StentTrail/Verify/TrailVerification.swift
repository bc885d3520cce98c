import StentAudit

/// Verifies all segments of a trail, the hashing spread over the cores.
package enum TrailVerification {
    package struct Report: Sendable {
        package var verdict: AuditVerdict
        /// Files that could not be read, or not to their end.
        package var faults: [TrailFault]

        package var isWhole: Bool { verdict.isWhole && faults.isEmpty }
    }

    /// Name of the file beside the segments that holds the newest seal.
    package static let headName = "audit.seals"

    /// - Parameters:
    ///   - settings: without the seal beside the segments, which is read here, and before they are.
    /// - Throws: where the directory can't be listed.
    package static func run(
        _ directory: TrailDirectory, _ settings: AuditVerifier.Settings, keys: SegmentKeyRing
    ) throws(TrailFault) -> Report {
        var settings = settings
        var faults: [TrailFault] = []
        do throws(TrailFault) {
            settings.anchors += try anchors(in: "\(directory.path)/\(headName)", name: headName)
        } catch {
            if error.kind != .open(code: 2) { faults.append(error) }
        }
        let reader = try TrailReader(directory, keys: keys)
        var verifier = AuditVerifier(settings)
        let context = verifier.context
        OrderedWork.run(
            read: { reader.next() },
            work: { item -> Step in
                switch item {
                case .file(let file): .begin(file.name)
                case .lines(let lines): .join(AuditBlock(lines, in: context))
                case .fault(let fault): .fault(fault)
                }
            },
            take: { step in
                switch step {
                case .begin(let name): verifier.begin(segment: name)
                case .join(let block): verifier.join(block)
                case .fault(let fault): faults.append(fault)
                }
                return .goOn
            })
        return Report(verdict: verifier.finish(), faults: faults)
    }

    private enum Step: Sendable {
        case begin(String)
        case join(AuditBlock)
        case fault(TrailFault)
    }

    /// The seals of a file, one in each line; at most 64 MiB of it.
    package static func anchors(in path: String, name: String) throws(TrailFault) -> [AuditVerifier.Anchor] {
        let bytes = try SmallBytes.read(path, limit: 64 << 20)
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            line.isEmpty ? nil : AuditVerifier.Anchor(name: name, number: index + 1, line: Array(line) + [0x0A])
        }
    }
}
