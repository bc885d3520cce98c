import Foundation

/// The files of this repository, by their place below its root.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }

    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Whether expected files are written anew instead of compared with: `STENT_UPDATE_GOLDEN=1 swift test`.
    static var isUpdating: Bool { ProcessInfo.processInfo.environment["STENT_UPDATE_GOLDEN"] == "1" }

    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: root.appending(path: path))
    }

    /// The names in a folder with a suffix, without it, in order.
    static func names(in folder: String, suffix: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
        return all.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
    }
}
