import Glibc
import StentModel
import Synchronization

/// Compresses closed segments, one after another, on a thread that gives way to all others.
///
/// A segment is written beside the plain one, flushed to the disk, read back and compared, and only then takes its
/// place: at any moment one whole copy is there.
final class SegmentCompressor: Sendable {
    private struct State: Sendable {
        var waiting: [String] = []
        /// Waiting or in work; not tried again while the process lives where it failed.
        var known: Set<String> = []
        var isRunning = false
    }

    private let directory: String
    private let figures: AuditFigures
    private let onStatus: @Sendable (AuditWriterStatus) -> Void
    private let monitor = Monitor(State())
    private let isStopped = Atomic(false)

    init(directory: String, figures: AuditFigures, onStatus: @escaping @Sendable (AuditWriterStatus) -> Void) {
        self.directory = directory
        self.figures = figures
        self.onStatus = onStatus
    }

    /// - Parameter name: of a plain segment. Nothing happens where it is known already.
    func compress(_ name: String) {
        let starts = monitor.withLock { state in
            guard !isStopped.load(ordering: .relaxed), state.known.insert(name).inserted else { return false }
            state.waiting.append(name)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard starts else { return }
        do throws(AuditStoreError) {
            try WriterThread(name: "stent-gzip", path: directory) { [self] in run() }.abandon()
        } catch {
            onStatus(.keepingFailed(error))
            monitor.withLock { state in
                state.isRunning = false
                state.known.subtract(state.waiting)
                state.waiting.removeAll()
            }
        }
    }

    /// Takes nothing more, and breaks off what is in work: that is compressed when the next process runs.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        monitor.withLock { $0.waiting.removeAll() }
        monitor.wait(until: Moment.monotonic().advanced(by: .seconds(1))) {
            !$0.isRunning
        } then: { _ in
        }
    }

    private func run() {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)  // of this thread alone, on Linux
        while true {
            let name = monitor.withLock { state -> String? in
                if state.waiting.isEmpty {
                    state.isRunning = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let name else { return monitor.broadcast() }
            do throws(AuditStoreError) {
                try replace("\(directory)/\(name)")
                figures.segmentsCompressed.add(1, ordering: .relaxed)
            } catch {
                if error.code != ENOENT, error.code != ECANCELED { onStatus(.keepingFailed(error)) }
            }
        }
    }

    private func replace(_ path: String) throws(AuditStoreError) {
        let draft = path + ".gz.part"
        let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw AuditStoreError(.compress, path: path, code: errno) }
        defer { close(source) }
        let target = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard target >= 0 else { throw AuditStoreError(.compress, path: path, code: errno) }
        defer { close(target) }
        do throws(Gzip.Fault) {
            let isStopped = { self.isStopped.load(ordering: .relaxed) }
            try Gzip.compress(source, to: target, isStopped: isStopped)
            guard fsync(target) == 0 else { throw .system(errno) }
            guard try Self.isSame(source, target), !isStopped() else {
                throw isStopped() ? .system(ECANCELED) : .damaged
            }
        } catch {
            unlink(draft)
            let code: Int32 = if case .system(let code) = error { code } else { 0 }
            throw AuditStoreError(.compress, path: path, code: code)
        }
        guard rename(draft, path + ".gz") == 0 else {
            let code = errno
            unlink(draft)
            throw AuditStoreError(.compress, path: path, code: code)
        }
        SmallFile.syncDirectory(directory)
        // Where it aged out meanwhile, it is not to come back.
        if unlink(path) != 0, errno == ENOENT { unlink(path + ".gz") }
        SmallFile.syncDirectory(directory)
    }

    private static func isSame(_ plain: Int32, _ compressed: Int32) throws(Gzip.Fault) -> Bool {
        let reader = BlockReader(plain)
        var expected: [UInt8] = []
        var offset = 0
        var isSame = true
        try Gzip.expand(compressed) { block in
            var block = block
            while !block.isEmpty, isSame {
                if offset == expected.count {
                    expected = (try? reader.next()) ?? []
                    offset = 0
                }
                let count = min(block.count, expected.count - offset)
                isSame = count > 0 && expected[offset..<offset + count] == block.prefix(count)
                offset += count
                block = block.dropFirst(count)
            }
            return isSame
        }
        let rest = try reader.next()
        return isSame && offset == expected.count && rest.isEmpty
    }
}
