import Foundation
import StentTestKit

/// All cases of the scripts beside this file.
enum Corpus {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts")

    static let cases: Result<[WireCase], any Error> = Result { try WireScript.cases(in: directory) }

    /// The cases to play: all, or those whose ids begin as one of the words of `WIRE_CASES` (`k1,l07`).
    static func selected() throws -> [WireCase] {
        guard let words = ProcessInfo.processInfo.environment["WIRE_CASES"]?.split(separator: ",") else {
            return try cases.get()
        }
        return try cases.get().filter { wireCase in words.contains { wireCase.id.hasPrefix($0) } }
    }
}
