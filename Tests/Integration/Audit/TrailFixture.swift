import Foundation
import StentAudit
import StentModel
import StentStore
import Synchronization
import Testing

/// A directory of its own for one test, removed with it.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stent-audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var live: String { path + "/audit.jsonl" }

    /// Closed segments by name, which at one clock is by age.
    func segments() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("audit-") }.sorted()
            .map { path + "/" + $0 }
    }

    /// The bytes of all segments and the live file, oldest first.
    func wholeTrail() throws -> [UInt8] {
        try (segments() + [live]).flatMap { try bytes(at: $0) }
    }

    func bytes(at path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw CocoaError(.fileReadNoSuchFile) }
        return [UInt8](data)
    }
}

/// What the writer said, in order, to be awaited without polling.
final class StatusLog: Sendable {
    private let stream: AsyncStream<AuditWriterStatus>
    private let continuation: AsyncStream<AuditWriterStatus>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var listener: @Sendable (AuditWriterStatus) -> Void {
        { [continuation] in continuation.yield($0) }
    }

    /// The next status for which `matches` holds; those before it are passed over.
    func next(where matches: (AuditWriterStatus) -> Bool) async -> AuditWriterStatus? {
        for await status in stream where matches(status) { return status }
        return nil
    }
}

/// A disk that takes a number of bytes and then fails, in front of the real one.
final class SmallDisk: Sendable {
    private struct State {
        var room: Int
        var failure: Int32
        var largestWrite: Int
        var interrupts: Int
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - room: bytes until it is full.
    ///   - failure: what it says then.
    ///   - largestWrite: bytes it takes in one call at most.
    ///   - interrupts: calls that a signal interrupts first.
    init(room: Int = .max, failure: Int32 = ENOSPC, largestWrite: Int = .max, interrupts: Int = 0) {
        state = Mutex(State(room: room, failure: failure, largestWrite: largestWrite, interrupts: interrupts))
    }

    func makeRoom(_ bytes: Int) { state.withLock { $0.room = bytes } }

    var calls: FileCalls {
        var calls = FileCalls.system
        calls.write = { [self] descriptor, bytes in
            let granted = state.withLock { state -> CallResult in
                if state.interrupts > 0 {
                    state.interrupts -= 1
                    return .failure(EINTR)
                }
                guard state.room > 0 else { return .failure(state.failure) }
                let count = min(bytes.count, state.room, state.largestWrite)
                state.room -= count
                return .value(count)
            }
            guard case .value(let count) = granted else { return granted }
            return FileCalls.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        return calls
    }
}

/// A record by which a test finds its line again: the worker as `peer_port`, the number as `bytes_in`.
func numbered(_ number: Int, worker: Int = 0, reason: Reason = .exchangeAnswered) -> ExchangeRecord {
    var record = ExchangeRecord()
    record.id = .minted(UInt64(worker), UInt64(number))
    record.peerPort = worker
    record.bytesIn = number
    record.status = 200
    record.reason = reason
    return record
}

/// An exchange's line, as far as the tests here look at it; any line that is not whole fails to be read.
struct ReadLine: Equatable {
    var worker: Int
    var number: Int
}

/// Reads a trail strictly: every line one whole object, the last one ended. Events are passed over.
func exchanges(in trail: [UInt8]) throws -> [ReadLine] {
    var read: [ReadLine] = []
    for line in try lines(in: trail) {
        let text = String(line)
        guard let worker = integer(after: #""peer_port":"#, in: text) else { continue }
        let number = try #require(integer(after: #""bytes_in":"#, in: text))
        read.append(ReadLine(worker: worker, number: number))
    }
    return read
}

/// The names of the events in a trail, with their details; without the line that every trail begins with.
func events(in trail: [UInt8]) throws -> [(name: String, details: [String: Any])] {
    try lines(in: trail).filter { $0.contains(#","details":{"#) }.compactMap { line in
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        guard let details = object["details"] as? [String: Any] else { return nil }
        return (try #require(object["event"] as? String), details)
    }.filter { $0.name != "audit.begun" }
}

/// The lines of a trail, each checked to be one whole object: cheap enough for hundreds of thousands.
func lines(in trail: [UInt8]) throws -> [Substring] {
    if trail.isEmpty { return [] }
    #expect(trail.last == 0x0A, "the trail ends in the middle of a line")
    let text = try #require(String(validating: trail, as: UTF8.self))
    let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
        let isWhole = (line.hasPrefix(#"{"v":2,"time":""#) && line.hasSuffix(#""}"#)) || line.hasPrefix(#"{"v":1,"#)
        if !isWhole { Issue.record("line \(index) is not whole: \(line)") }
        // JSON proper is read from a sample, because reading all of it would take most of the test's time.
        if index % 1_000 == 0 || lines.count < 2_000 {
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
    }
    return lines
}

/// The number behind the first place of the key. By `strstr`: the generic search takes ten seconds for 200,000 lines.
private func integer(after key: String, in line: String) -> Int? {
    line.withCString { start in
        guard let place = strstr(start, key) else { return nil }
        return Int(atoll(place + strlen(key)))
    }
}

extension AuditSettings {
    static func with(rotateSize: Int = 100 << 20, queue: Int = 64 << 20) -> AuditSettings {
        var settings = AuditSettings()
        settings.rotate.size = ByteCount(rotateSize)
        settings.queue = ByteCount(queue)
        settings.lowDisk = ByteCount(0)
        return settings
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let count = Atomic(0)

    /// How often it was called before.
    func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}
