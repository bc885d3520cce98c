import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// Files that are not as they were written: a miss, never a wrong answer.
@Suite struct CacheDiskDamageTests {
    private let directory: CacheDirectory
    private let paths = ["/notes/1", "/notes/2", "/notes/3"]

    init() throws { directory = try CacheDirectory() }

    /// Copies of the same length, in one segment, after a clean stop.
    private func fill(_ directory: CacheDirectory, with word: String = "content") throws {
        let run = try directory.run()
        for path in paths { run.keep(path, "\(word) of \(path)") }
        #expect(run.stop() == 3)
    }

    /// What each path gives, after somebody has done something to the files of a clean stop.
    private func answers(log: CacheDiskLog = CacheDiskLog(), after change: (CacheDirectory) throws -> Void) async throws
        -> [String?]
    {
        let copy = try directory.copyAsItIs()
        try change(copy)
        let run = try copy.run(log: log)
        var answers: [String?] = []
        for path in paths { answers.append(await run.read(path)) }
        run.stop(.forgetting)
        return answers
    }

    private var whole: [String?] { paths.map { "content of \($0)" } }

    @Test func `a byte of a segment that is flipped, wherever it is, costs the copy that it is in and no other`()
        async throws
    {
        try fill(directory)
        let bytes = try directory.bytes(of: "segment-1.cache")
        let length = bytes.count / 3
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1 << UInt8(position % 8)
            var expected = whole
            expected[position / length] = nil
            #expect(try await answers { try $0.overwrite("segment-1.cache", altered) } == expected)
        }
    }

    @Test func `a byte of the index that is flipped, wherever it is, leaves nothing`() async throws {
        try fill(directory)
        let bytes = try directory.bytes(of: "index.cache")
        for position in stride(from: 0, to: bytes.count, by: 3) {
            var altered = bytes
            altered[position] ^= 1 << UInt8(position % 8)
            let log = CacheDiskLog()
            #expect(try await answers(log: log) { try $0.overwrite("index.cache", altered) } == [nil, nil, nil])
            guard case .indexUnreadable = log.isEmptyStart else {
                Issue.record("at \(position): \(log.all)")
                continue
            }
        }
    }

    @Test func `an index that is cut off, or longer than it was, leaves nothing`() async throws {
        try fill(directory)
        let bytes = try directory.bytes(of: "index.cache")
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(try await answers { try $0.overwrite("index.cache", Array(bytes[..<count])) } == [nil, nil, nil])
        }
        #expect(try await answers { try $0.overwrite("index.cache", bytes + [0]) } == [nil, nil, nil])
        #expect(try await answers { try $0.overwrite("index.cache", bytes + bytes) } == [nil, nil, nil])
        #expect(try await answers { _ in } == whole)
    }

    @Test func `an index of more than one block is whole or nothing`() async throws {
        var settings = directory.settings
        settings.index = .mebibytes(4)
        let run = try directory.run(settings)
        let label = String(repeating: "x", count: 1_000)
        for number in 0..<600 { run.keep("/\(number)/\(label)", "content") }
        #expect(run.stop() == 600)
        let bytes = try directory.bytes(of: "index.cache")
        #expect(bytes.count > 3 * 256 << 10)
        let copy = try directory.copyAsItIs()
        settings.directory = copy.path
        settings.key = copy.path(of: "cache.key")
        let again = try copy.run(settings)
        #expect(again.disk.numbers.copies == 600)
        #expect(await again.read("/599/\(label)") == "content")
        // Ends where a block does: the second, with its length in front.
        let first = 20 + 32 + 4 + Int(Self.number(bytes, at: 52))
        let second = first + 4 + Int(Self.number(bytes, at: first))
        let cut = try directory.copyAsItIs()
        try cut.overwrite("index.cache", Array(bytes[..<second]))
        #expect(try cut.run().disk.numbers.copies == 0)
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    @Test func `a segment that is cut off costs what was behind`() async throws {
        try fill(directory)
        let bytes = try directory.bytes(of: "segment-1.cache")
        for count in stride(from: 0, through: bytes.count, by: 5) {
            let expected = whole.enumerated().map { ($0.offset + 1) * bytes.count / 3 <= count ? $0.element : nil }
            #expect(try await answers { try $0.overwrite("segment-1.cache", Array(bytes[..<count])) } == expected)
        }
    }

    @Test func `a segment that is cut off while it is open costs what was behind`() async throws {
        let log = CacheDiskLog()
        let run = try directory.run(log: log)
        for path in paths { run.keep(path, "content of \(path)") }
        run.settle()
        let bytes = try directory.bytes(of: "segment-1.cache")
        try directory.overwrite("segment-1.cache", Array(bytes[..<(bytes.count / 2)]))
        #expect(await run.read(paths[0]) == whole[0])
        #expect(await run.read(paths[1]) == nil)
        #expect(await run.read(paths[2]) == nil)
        #expect(run.disk.numbers.damaged == 2)
        #expect(log.damaged.map(\.cause) == [.truncated])
        #expect(run.find(paths[1]) == nil)
    }

    @Test func `copies that change places are no copies`() async throws {
        try fill(directory)
        let bytes = try directory.bytes(of: "segment-1.cache")
        let length = bytes.count / 3
        let swapped = Array(bytes[length..<2 * length] + bytes[..<length] + bytes[(2 * length)...])
        let log = CacheDiskLog()
        #expect(try await answers(log: log) { try $0.overwrite("segment-1.cache", swapped) } == [nil, nil, whole[2]])
        #expect(log.damaged.map(\.cause) == [.altered])
    }

    @Test func `an older copy of the same key in the place of the newer one is no copy`() async throws {
        let run = try directory.run()
        for content in ["old content", "new content"] {
            run.keep(paths[0], content)
            run.settle()
        }
        run.stop()
        let bytes = try directory.bytes(of: "segment-1.cache")
        let older = bytes[..<(bytes.count / 2)]
        #expect(try await answers { _ in }[0] == "new content")
        #expect(try await answers { try $0.overwrite("segment-1.cache", Array(older + older)) }[0] == nil)
    }

    @Test func `a copy of another run, or of another segment, is no copy`() async throws {
        let older = try directory.copyAsItIs()
        try fill(directory)
        try FileManager.default.copyItem(
            atPath: directory.path(of: "cache.key"), toPath: older.path(of: "cache.key"))
        try fill(older, with: "CONTENT")
        let stale = try older.bytes(of: "segment-1.cache")
        #expect(try directory.bytes(of: "segment-1.cache").count == stale.count)
        #expect(try await answers { try $0.overwrite("segment-1.cache", stale) } == [nil, nil, nil])

        let more = try directory.copyAsItIs()
        let run = try more.run()
        for path in paths { run.keep(path + "/more", "content of " + path) }
        #expect(run.stop() == 6)
        let (first, second) = (try more.bytes(of: "segment-1.cache"), try more.bytes(of: "segment-2.cache"))
        try more.overwrite("segment-1.cache", second)
        try more.overwrite("segment-2.cache", first)
        let next = try more.run()
        for path in paths {
            #expect(await next.read(path) == nil)
            #expect(await next.read(path + "/more") == nil)
        }
    }

    @Test func `files that are gone, or are something else, cost what was in them`() async throws {
        try fill(directory)
        #expect(
            try await answers { try FileManager.default.removeItem(atPath: $0.path(of: "segment-1.cache")) }
                == [nil, nil, nil])
        #expect(
            try await answers {
                try FileManager.default.removeItem(atPath: $0.path(of: "index.cache"))
                symlink("/etc/passwd", $0.path(of: "index.cache"))
            } == [nil, nil, nil])
        #expect(
            try await answers {
                try FileManager.default.moveItem(
                    atPath: $0.path(of: "segment-1.cache"), toPath: $0.path(of: "elsewhere"))
                symlink($0.path(of: "elsewhere"), $0.path(of: "segment-1.cache"))
            } == [nil, nil, nil])
    }

    // MARK: The key

    @Test func `with another key nothing is there`() async throws {
        try fill(directory)
        let log = CacheDiskLog()
        let answers = try await answers(log: log) {
            try $0.overwrite("cache.key", [UInt8](repeating: 7, count: 32))
        }
        #expect(answers == [nil, nil, nil])
        guard case .indexUnreadable = log.isEmptyStart else {
            Issue.record("\(log.all)")
            return
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o666])
    func `a key that others may use is refused, and left as it is`(mode: mode_t) throws {
        try fill(directory)
        chmod(directory.path(of: "cache.key"), mode)
        let error = #expect(throws: CacheDiskError.self) { try directory.run() }
        #expect(error?.cause == .keyMode(UInt32(mode)))
        #expect(error?.description.contains("chmod 600") == true)
        #expect(try directory.names.contains("index.cache"))
        chmod(directory.path(of: "cache.key"), 0o600)
        #expect(try directory.run().disk.numbers.copies == 3)
    }

    @Test(arguments: [0, 31, 33])
    func `a key of another length is refused`(count: Int) throws {
        try fill(directory)
        try directory.overwrite("cache.key", [UInt8](repeating: 7, count: count))
        let error = #expect(throws: CacheDiskError.self) { try directory.run() }
        #expect(error?.cause == .keySize)
    }
}
