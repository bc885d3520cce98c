import Foundation
import StentExchange
import StentModel
import StentPolicy
import StentStore
import Synchronization
import Testing

/// A directory of its own for one test, removed with it.
final class CacheDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stent-copies-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var settings: CacheDiskSettings {
        var settings = CacheDiskSettings(directory: path, size: .mebibytes(16))
        settings.retryPause = .milliseconds(1)
        settings.gathering = .zero
        return settings
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
    var segments: [String] { get throws { try names.filter { $0.hasPrefix("segment-") } } }
    func path(of name: String) -> String { path + "/" + name }
    func bytes(of name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(of: name))))
    }

    /// In place, as somebody else would who has the file open.
    func overwrite(_ name: String, _ bytes: [UInt8]) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: path(of: name)))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// What a killed process leaves: the files as they are at this moment, in another directory.
    func copyAsItIs() throws -> CacheDirectory {
        let copy = try CacheDirectory()
        for name in try names {
            try FileManager.default.copyItem(atPath: path(of: name), toPath: copy.path(of: name))
        }
        return copy
    }

    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path(of: name))[.posixPermissions] as? Int
    }

    /// A run of the tier whose copies are resumed by their labels, which are paths.
    func run(
        _ settings: CacheDiskSettings? = nil, calls: CacheDiskCalls = .system, log: CacheDiskLog = CacheDiskLog()
    ) throws -> CacheRun { try CacheRun(settings ?? self.settings, calls, log) }
}

/// A process that uses the tier.
final class CacheRun: Sendable {
    private let stamps: Stamps
    let disk: CacheDisk

    private final class Stamps: Sendable {
        let stamps = Mutex(CacheStamps())

        func mark(_ path: [UInt8]) -> CacheTierMark {
            let groups = CacheGroups.read(path: path.span)
            return CacheTierMark(stamp: stamps.withLock { $0.note(groups) }, groups: groups)
        }
    }

    init(_ settings: CacheDiskSettings, _ calls: CacheDiskCalls, _ log: CacheDiskLog) throws {
        let stamps = Stamps()
        self.stamps = stamps
        disk = try CacheDisk(
            settings, calls: calls,
            standing: { mark in stamps.stamps.withLock { $0.standing(mark.stamp, mark.groups) } },
            resume: { _, _, label in label == Array("/unwanted".utf8) ? nil : stamps.mark(label) },
            onStatus: log.listener)
    }

    func keep(_ path: String, variant: String = "", _ payload: String) {
        keep(path, variant: variant, Array(payload.utf8))
    }

    func keep(_ path: String, variant: String = "", _ payload: [UInt8]) {
        let copy = CacheTierCopy(
            key: CacheTierKey(Array(path.utf8)), variant: Array(variant.utf8), label: Array(path.utf8),
            mark: stamps.mark(Array(path.utf8)), bytes: payload.count, payload: { payload })
        disk.keep(copy) { true }
    }

    func find(_ path: String, variant: String = "") -> CacheTierItem? {
        guard case .copy(let item) = disk.find(CacheTierKey(Array(path.utf8)), where: { $0 == Array(variant.utf8) })
        else { return nil }
        return item
    }

    func read(_ path: String, variant: String = "") async -> String? {
        guard let item = find(path, variant: variant) else { return nil }
        return await read(item).map { String(decoding: $0, as: UTF8.self) }
    }

    func read(_ item: CacheTierItem) async -> [UInt8]? {
        await withCheckedContinuation { answer in disk.read(item) { answer.resume(returning: $0) } }
    }

    /// Asks for it now, whoever else has the thread that the test would go on by.
    func begin(_ item: CacheTierItem) -> AsyncStream<[UInt8]?> {
        AsyncStream { stream in
            disk.read(item) {
                stream.yield($0)
                stream.finish()
            }
        }
    }

    func write(to path: String, _ purge: CacheStamps.Purge = .hard) {
        stamps.stamps.withLock { $0.bump(CacheGroups.read(path: Array(path.utf8).span), purge) }
    }

    func settle() { disk.settle(within: .seconds(30)) }

    /// As a process that ends well.
    @discardableResult
    func stop(_ ending: CacheDisk.Ending = .keeping) -> Int { disk.shutdown(ending, within: .seconds(30)) }
}

/// What the tier said, in order.
final class CacheDiskLog: Sendable {
    private let said = Mutex<[CacheDiskStatus]>([])

    var listener: @Sendable (CacheDiskStatus) -> Void { { [self] status in said.withLock { $0.append(status) } } }
    var all: [CacheDiskStatus] { said.withLock { $0 } }
    var isEmptyStart: CacheDiskEmptiness? {
        for case .empty(let why) in all { return why }
        return nil
    }
    var failing: [CacheDiskError] { all.compactMap { if case .failing(let error) = $0 { error } else { nil } } }
    var damaged: [CacheDiskError] { all.compactMap { if case .damaged(let error) = $0 { error } else { nil } } }
}
