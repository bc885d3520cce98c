import Foundation
import StentAudit
import StentModel
import StentStore
import Testing

/// The keys of the trails here, the same in every run.
let testKey = AuditSealKey(bytes: [UInt8](repeating: 7, count: 32)) ?? AuditSealKey()
let otherKey = AuditSealKey(bytes: [UInt8](repeating: 9, count: 32)) ?? AuditSealKey()

extension ScratchDirectory {
    /// What the verifier says of the files as they are, with the newest seal as an anchor.
    func verdict(keys: [AuditSealKey] = [testKey], usesHead: Bool = true) throws -> AuditVerdict {
        var settings = AuditVerifier.Settings()
        settings.keys = keys.map(\.publicKey)
        if usesHead, let line = FileManager.default.contents(atPath: path + "/audit.seals") {
            settings.anchors = [.init(name: "audit.seals", line: [UInt8](line))]
        }
        var verifier = AuditVerifier(settings)
        for file in try numbered() {
            let name = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
            verifier.begin(segment: name)
            verifier.add(try content(of: path + "/" + file))
        }
        return verifier.finish()
    }

    /// Closed segments by their number, then the live file.
    func numbered() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        let segments = names.filter { $0.hasPrefix("audit-") && ($0.hasSuffix(".jsonl") || $0.hasSuffix(".gz")) }
        let sorted = segments.sorted { $0.split(separator: "-")[2] < $1.split(separator: "-")[2] }
        return sorted + (names.contains("audit.jsonl") ? ["audit.jsonl"] : [])
    }

    /// Expanded by the system's gzip where it is compressed.
    func content(of path: String) throws -> [UInt8] {
        guard path.hasSuffix(".gz") else { return try bytes(at: path) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return [UInt8](data)
    }

    func eventNames() throws -> [String] {
        try numbered().flatMap { try events(in: content(of: path + "/" + $0)) }.map(\.name)
    }

    func allExchanges() throws -> [Int] {
        try numbered().flatMap { try exchanges(in: content(of: path + "/" + $0)) }.map(\.number)
    }
}
