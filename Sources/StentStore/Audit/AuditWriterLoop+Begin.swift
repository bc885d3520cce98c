import Glibc
import StentAudit
import StentModel

/// What the writer does before it takes anything.
extension AuditWriterLoop {
    func begin(_ resume: AuditResume) {
        removeDrafts()
        if let sealing, chain.sequence == 0 {
            let (time, trail, key) = (now, sealing.trail, sealing.key.publicKey.id)
            addOwnLine { ChainRecord.appendBegun(trail: trail, key: key, at: time, to: &$0) }
        } else if chain.sequence == 0 {
            let (time, trail) = (now, resume.trail ?? .random())
            addOwnLine { ChainRecord.appendBegun(trail: trail, key: nil, at: time, to: &$0) }
        }
        noteRepair(bytes: live.repaired, saved: nil)
        if let (bytes, saved) = resume.damaged { noteRepair(bytes: bytes, saved: saved) }
        if let cut = resume.cut {
            note(
                .auditCut, .init("from", .number(cut.lowerBound)), .init("through", .number(cut.upperBound)))
            onStatus(.cut(from: cut.lowerBound, through: cut.upperBound))
        }
        writeOwnLines()
        if let seal = resume.seal {
            queue.figures.sealSequence.store(seal.sequence, ordering: .relaxed)
            changeKey(from: seal.seal.key)
        }
        closeIntents()
        if let sealing { self.sealing?.next = max(sealing.next, Moment.monotonic().advanced(by: firstSeal)) }
        if settings.reserve.value > 0 { _ = reserve.hold() }
    }

    /// A new trail is sealed soon: until then nothing vouches for its beginning.
    private var firstSeal: TimeSpan { min(TimeSpan(settings.seal.every), .seconds(5)) }

    /// Files that a killed process was about to put in another's place.
    private func removeDrafts() {
        for name in (try? AuditDirectory.names(in: directory.path)) ?? [] where name.hasSuffix(".part") {
            guard name.hasPrefix("audit.") || AuditDirectory.sequence(inName: name) != nil else { continue }
            unlink("\(directory.path)/\(name)")
        }
    }

    private func closeIntents() {
        let lines = OpenIntents(in: directory.path, live: directory.livePath).outcomes(at: now)
        guard !lines.isEmpty else { return }
        for line in lines {
            addOwnLine { $0.append(contentsOf: line) }
            if ownLines.bytes.count >= Self.partSize { writeOwnLines() }
        }
        writeOwnLines()
        onStatus(.leftOpen(requests: lines.count))
    }
}

extension TrailID {
    /// A new one, from the system's random numbers.
    static func random() -> TrailID {
        TrailID(random: (0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }
}
