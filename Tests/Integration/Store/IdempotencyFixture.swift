import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// A state directory of its own for one test, removed with it.
final class StateDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stent-keys-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/idempotency.sqlite" }
    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// What a killed process leaves: the files as they are at this moment, in another directory.
    func copyAsItIs() throws -> StateDirectory {
        let copy = try StateDirectory()
        for name in try names where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }

    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + "/" + name)[.posixPermissions] as? Int
    }

    func store(
        _ limits: IdempotencyLimits = IdempotencyLimits(), log: KeyLog = KeyLog()
    ) throws -> SQLiteIdempotencyStore {
        // The store's own sweeps use this clock: before everything that a test puts in.
        try SQLiteIdempotencyStore(
            directory: path, limits: limits, wallNanoseconds: { 0 }, onStatus: log.listener)
    }
}

/// What the store said, in order, to be awaited without polling.
final class KeyLog: Sendable {
    private let stream: AsyncStream<IdempotencyStoreStatus>
    private let continuation: AsyncStream<IdempotencyStoreStatus>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var listener: @Sendable (IdempotencyStoreStatus) -> Void { { [continuation] in continuation.yield($0) } }

    /// The next status for which `matches` holds; those before it are passed over.
    func next(where matches: (IdempotencyStoreStatus) -> Bool) async -> IdempotencyStoreStatus? {
        for await status in stream where matches(status) { return status }
        return nil
    }
}

extension IdempotencyStore {
    func begin(_ scope: IdempotencyScope, _ fingerprint: [UInt8] = [1], at now: WallTime = .noon) async
        -> IdempotencyBegin
    {
        await withCheckedContinuation { answer in
            begin(scope, fingerprint: fingerprint, now: now) { answer.resume(returning: $0) }
        }
    }

    func complete(_ scope: IdempotencyScope, _ answer: KeptAnswer, at now: WallTime = .noon) async -> Bool {
        await withCheckedContinuation { done in complete(scope, answer, now: now) { done.resume(returning: $0) } }
    }
}

extension SQLiteIdempotencyStore {
    func sweep(at now: WallTime) async {
        await withCheckedContinuation { done in sweep(now: now) { done.resume() } }
    }

    /// As a process that ends well.
    func close() { shutdown(within: .seconds(10)) }
}

extension WallTime {
    static let noon = WallTime(nanoseconds: 1_700_000_000_000_000_000)

    func later(seconds: Int64) -> WallTime { WallTime(nanoseconds: nanoseconds + seconds * 1_000_000_000) }
}

extension IdempotencyScope {
    static func numbered(_ number: Int) -> IdempotencyScope {
        let bytes = (0..<32).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> ($0 * 8)) : 0 }
        guard let scope = IdempotencyScope(bytes) else { preconditionFailure("32 bytes make a scope") }
        return scope
    }
}

extension KeptAnswer {
    static let created = KeptAnswer(
        status: 201, fields: Array("Content-Type: application/json\r\n".utf8), content: [0, 1, 255])
}
