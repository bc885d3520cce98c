import Glibc
import StentAudit
import StentModel

/// Where a trail that is there goes on.
struct AuditResume {
    /// Empty where the trail begins now.
    var chain = AuditChain()
    /// Which trail it is, where something says so.
    var trail: TrailID?
    /// The newest seal that is known.
    var seal: SealedLine?
    /// Lines that a seal knows of, and that are gone.
    var cut: ClosedRange<Int>?
    /// Bytes behind the last good line that were cut off, and the file that they were put into.
    var damaged: (bytes: Int, saved: String)?

    /// The live file was opened, and so ends with a line feed; what is behind its last good line is put aside.
    ///
    /// - Parameter keys: whose seals are believed; with none, all are.
    init(
        _ directory: inout AuditDirectory, live: inout LiveFile, keys: [AuditPublicKey], calls: FileCalls
    ) throws(AuditStoreError) {
        let segments = ClosedSegment.inOrder(try AuditDirectory.names(in: directory.path), in: directory.path)
        seal = Self.newestSeal(directory.sealPath, keys: keys)
        trail = seal?.seal.trail
        if live.wholeSize > 0 {
            try resume(in: &directory, live: &live, calls: calls)
        }
        if chain.sequence == 0, !isUnchained { try resume(behind: segments, in: directory.path) }
        if let seal, seal.sequence > chain.sequence, seal.sequence < Int.max / 4 {
            cut = chain.sequence + 1...seal.sequence
            chain = AuditChain(sequence: seal.sequence, head: seal.hash)
        }
        if trail == nil { trail = Self.namedTrail(segments, directory) }
    }

    /// The end is of a form from before the chain, which begins behind it.
    private var isUnchained = false

    private mutating func resume(
        in directory: inout AuditDirectory, live: inout LiveFile, calls: FileCalls
    ) throws(AuditStoreError) {
        let path = directory.livePath
        let (bytes, start) = try Self.tail(of: path)
        switch End(of: bytes) {
        case .chained(let chain, let end):
            self.chain = chain
            let good = start + end
            guard good < live.size else { return }
            // A power failure may leave pages of zeros, and an editor anything. They are kept, but not built upon.
            let saved = directory.nextDamaged(at: WallTime(nanoseconds: calls.wallNanoseconds()))
            try Self.save(bytes[end...], as: "\(directory.path)/\(saved)")
            damaged = (live.size - good, saved)
            if case .failure(let code) = live.cut(to: good, calls: calls) {
                throw AuditStoreError(.repair, path: path, code: code)
            }
        case .unchained: isUnchained = true
        case .neither: throw AuditStoreError(.resume, path: path, code: 0)
        }
    }

    private mutating func resume(behind segments: [ClosedSegment], in path: String) throws(AuditStoreError) {
        for segment in segments.reversed() {
            let name = "\(path)/\(segment.name)"
            if segment.isEncrypted {
                guard seal != nil else { throw AuditStoreError(.resume, path: name, code: 0) }
                return
            }
            guard let tail = try? SegmentContent.tail(of: name) else { continue }
            switch End(of: tail.bytes) {
            case .chained(let chain, _):
                self.chain = chain
                return
            case .unchained: return
            case .neither: continue
            }
        }
    }

    private static func tail(of path: String) throws(AuditStoreError) -> (bytes: [UInt8], start: Int) {
        do throws(Gzip.Fault) {
            return try SegmentContent.tail(of: path)
        } catch {
            let code: Int32 = if case .system(let code) = error { code } else { EIO }
            throw AuditStoreError(.read, path: path, code: code)
        }
    }

    private static func save(_ bytes: ArraySlice<UInt8>, as path: String) throws(AuditStoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw AuditStoreError(.repair, path: path, code: errno) }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else {
            throw AuditStoreError(.repair, path: path, code: count < 0 ? errno : ENOSPC)
        }
    }

    private static func newestSeal(_ path: String, keys: [AuditPublicKey]) -> SealedLine? {
        guard let line = SegmentContent.firstLine(of: path), let seal = SealedLine(line: line) else { return nil }
        return keys.isEmpty || keys.contains(where: seal.seal.isSigned) ? seal : nil
    }

    private static func namedTrail(_ segments: [ClosedSegment], _ directory: AuditDirectory) -> TrailID? {
        for name in segments.prefix(3).map(\.name) + ["audit.jsonl"] {
            let first = SegmentContent.firstLine(of: "\(directory.path)/\(name)").flatMap { ChainedText($0) }
            if case .begun(let trail, _) = first?.record { return trail }
        }
        return nil
    }
}

/// What a file ends with.
private enum End {
    /// `end`: behind the last good line.
    case chained(AuditChain, end: Int)
    case unchained
    case neither

    init(of bytes: [UInt8]) {
        var stop = bytes.count
        var isFirst = true
        while stop > 0 {
            let feed = bytes[..<stop].last == 0x0A ? stop - 1 : stop
            let start = bytes[..<feed].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let line = bytes[start..<feed]
            if let chain = ChainedText(line)?.chain {
                self = .chained(chain, end: min(feed + 1, bytes.count))
                return
            }
            if isFirst, line.starts(with: SegmentContent.unchainedStart), line.last == 0x7D {
                self = .unchained
                return
            }
            isFirst = false
            stop = start
        }
        self = .neither
    }
}
