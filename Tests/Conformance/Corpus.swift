import Foundation
import StentTestKit

/// All cases of the scripts beside this file.
enum Corpus {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts")

    static let cases: Result<[WireCase], any Error> = Result { try WireScript.cases(in: directory) }
}
