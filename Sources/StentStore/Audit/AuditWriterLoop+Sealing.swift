import Glibc
import StentAudit
import StentModel

/// Signatures over the chain.
extension AuditWriterLoop {
    /// Seals what came since the last seal; nothing where there is none, or while nothing can be written.
    ///
    /// The lines are flushed to the disk before a copy of the seal is kept: it must never know of lines that a power
    /// failure takes away.
    func seal() {
        guard let sealing, !hasGivenUp, standstill == nil else { return }
        writeOwnLines()
        self.sealing?.next = Moment.monotonic().advanced(by: TimeSpan(settings.seal.every))
        guard chain.sequence > sealing.sequence else { return }
        seal(by: sealing.key)
    }

    private func seal(by key: AuditSealKey) {
        guard let sealing else { return }
        let time = now
        var body: [UInt8] = []
        do {
            try AuditSeal(of: chain, trail: sealing.trail, at: time, key: key).appendLine(to: &body)
        } catch {
            return onStatus(.sealFailed(AuditStoreError(.seal, path: sealing.path, code: ENOMEM)))
        }
        let start = unsynced.bytes.count
        chain.append(body, to: &unsynced.bytes)
        let line = Array(unsynced.bytes[start...])
        let sequence = chain.sequence
        self.sealing?.sequence = sequence
        unsynced.uncounted += 1
        writeOut()
        guard !hasGivenUp, sync() else { return }
        queue.figures.sealSequence.store(sequence, ordering: .relaxed)
        queue.figures.sealTime.store(time.nanoseconds, ordering: .relaxed)
        for error in sealing.keep(line, anchor: settings.seal.anchor) {
            queue.errors.add(1, ordering: .relaxed)
            onStatus(.sealFailed(error))
        }
    }

    /// Lets the old key vouch for a new one.
    func changeKey(from old: AuditKeyID) {
        guard let sealing, old != sealing.key.publicKey.id else { return }
        guard let previous = sealing.previous, previous.publicKey.id == old else {
            return onStatus(.keyUnvouched(old: old.text, new: sealing.key.publicKey.id.text))
        }
        let time = now
        addOwnLine { ChainRecord.appendKeyChanged(from: old, to: sealing.key.publicKey, at: time, to: &$0) }
        writeOwnLines()
        seal(by: previous)
        seal(by: sealing.key)
    }
}

/// What seals a trail, and where the newest seal is kept.
struct AuditSealWriter {
    /// No seal's line is longer: only its numbers vary in length, and so it is with the chain's part.
    static let longestLine = 640

    let key: AuditSealKey
    /// The key that sealed before, where it is at hand.
    let previous: AuditSealKey?
    let trail: TrailID
    /// The file of the newest seal.
    let path: String
    /// The number of the last seal's line.
    var sequence: Int
    var next = Moment(nanoseconds: 0)

    /// Puts a copy beside the segments, and appends one to a file elsewhere.
    ///
    /// - Returns: what failed; the next seal tries again.
    func keep(_ line: [UInt8], anchor: String?) -> [AuditStoreError] {
        var errors: [AuditStoreError] = []
        let draft = path + ".part"
        if let code = Self.write(line, to: draft, O_TRUNC) ?? (rename(draft, path) == 0 ? nil : errno) {
            errors.append(AuditStoreError(.seal, path: path, code: code))
        } else if let slash = path.lastIndex(of: "/") {
            SmallFile.syncDirectory(String(path[..<slash]))
        }
        if let anchor, let code = Self.write(line, to: anchor, O_APPEND) {
            errors.append(AuditStoreError(.seal, path: anchor, code: code))
        }
        return errors
    }

    private static func write(_ line: [UInt8], to path: String, _ flag: Int32) -> Int32? {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o640)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let count = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == line.count else { return count < 0 ? errno : ENOSPC }
        return fdatasync(descriptor) == 0 || errno == EINVAL ? nil : errno
    }
}
