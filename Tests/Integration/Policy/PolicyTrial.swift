import Foundation
import HospKit
import StentTestKit

/// Carries out forgeries and judges them by what HOSP holds afterwards: no note exists, changes or vanishes but by its author.
final class PolicyTrial {
    static let attacker = 2
    static let victim = 33

    private let hosp: HospServer
    private let port: Int
    private let makerPort: Int
    private var held: [Int: Record] = [:]
    private var highest = 0
    private var forged = 0

    /// - Parameters:
    ///   - port: where the forgeries go.
    ///   - makerPort: where the notes come from that they are about: HOSP itself, or stent, which then has seen them.
    init(before hosp: HospServer, port: Int, makerPort: Int) async throws {
        self.hosp = hosp
        self.port = port
        self.makerPort = makerPort
        _ = try await look(as: nil)
    }

    struct Finding {
        /// What somebody wrote that was not theirs.
        var violations: [String] = []
        /// Answers of another class than the case says.
        var unexpected: [String] = []
        var statuses: [Int] = []
    }

    func hold(_ forgery: PolicyCase) async throws -> Finding {
        forged += 1
        var known = ["host": "localhost:\(port)", "title": "forged-\(forged)"]
        if forgery.needs("note") { known["note"] = try await make(by: Self.victim, title: "forged-\(forged)") }
        if forgery.needs("own") { known["own"] = try await make(by: Self.attacker, title: "forged-\(forged)") }
        known["next"] = "\(highest + 1)"
        var finding = Finding()
        for step in forgery.steps {
            let status = try await PolicyWire.send(step, known, to: port).status
            finding.statuses.append(status)
            finding.violations += try await look(as: step.judged)
            if let expected = step.expected, !Self.fits(status, expected) {
                finding.unexpected.append("\(step.place): \(status) in place of \(expected)")
            }
        }
        return finding
    }

    /// What was written since the last look that `staff` had no right to; nobody has any where it is `nil`.
    private func look(as staff: Int?) async throws -> [String] {
        let all = try await hosp.records().all(.notes)
        let now = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
        defer { held = now }
        let isFirst = held.isEmpty
        highest = max(highest, now.keys.max() ?? 0)
        return isFirst ? [] : Self.violations(from: held, to: now, by: staff)
    }

    static func violations(from before: [Int: Record], to after: [Int: Record], by staff: Int?) -> [String] {
        let who = staff.map { "staff\($0)" } ?? "nobody"
        return Set(before.keys).union(after.keys).sorted().compactMap { id in
            let old = before[id], new = after[id]
            guard old != new else { return nil }
            let authors = Set([old, new].compactMap(\.self).map { $0.number("staff_id") })
            guard authors != [staff] || staff == nil else { return nil }
            let kind = old == nil ? "created" : new == nil ? "deleted" : "changed"
            return
                "note \(id) of \(authors.map { "\($0 ?? 0)" }.sorted().joined(separator: " and ")) was \(kind) by \(who)"
        }
    }

    /// A note by its author; its id.
    private func make(by staff: Int, title: String) async throws -> String {
        let content = #"{"title":"\#(title)","body":"b","patient_id":3,"staff_id":\#(staff)}"#
        let connection = try await RawConnection.open(port: makerPort)
        let answer = try await connection.exchange(create(content, staff: staff))
        await connection.close()
        _ = try await look(as: staff)
        guard let id = answer.recordID else { throw CannotCreate(status: answer.status) }
        return "\(id)"
    }

    struct CannotCreate: Error {
        var status: Int
    }

    /// A connection that is ended without an answer is a refusal too.
    private static func fits(_ status: Int, _ expected: String) -> Bool {
        if status == 0 { return expected == "4xx" }
        return "\(status)" == expected || "\(status / 100)xx" == expected
    }
}

/// Requests as bytes, and as much of the answers as the judges need.
enum PolicyWire {
    struct Answer {
        /// 0 where none came.
        var status = 0
        var fields: [String: String] = [:]
        var content: [UInt8] = []
    }

    static func send(_ step: PolicyStep, _ known: [String: String], to port: Int) async throws -> Answer {
        let connection = try await RawConnection.open(port: port)
        var received: [UInt8] = []
        do {
            try await connection.send(bytes: step.bytes(known))
            // Whoever sends raw bytes may not be told when the last answer was the last.
            while let part = try await connection.receive(
                within: !step.isRaw ? .seconds(20) : received.isEmpty ? .milliseconds(1500) : .milliseconds(200))
            {
                received += part.readableBytesView
            }
        } catch {
            // A reset or silence ends what is there to read.
        }
        await connection.reset()
        return answer(received, isToHead: step.method == "HEAD")
    }

    /// The first final answer in some bytes.
    private static func answer(_ received: [UInt8], isToHead: Bool) -> Answer {
        var rest = received[...]
        while true {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return Answer() }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            rest = rest[end.upperBound...]
            let words = lines[0].split(separator: " ")
            guard words.count > 1, let status = Int(words[1]) else { return Answer() }
            if status < 200 { continue }
            var answer = Answer(status: status)
            for line in lines.dropFirst() {
                let name = line.prefix { $0 != ":" }
                answer.fields[name.lowercased()] = String(line.dropFirst(name.count + 1).drop { $0 == " " })
            }
            if isToHead || status == 204 || status == 304 { return answer }
            answer.content =
                answer.fields["transfer-encoding"] == "chunked"
                ? joined(rest) : Array(rest.prefix(answer.fields["content-length"].flatMap { Int($0) } ?? .max))
            return answer
        }
    }

    private static func joined(_ chunks: ArraySlice<UInt8>) -> [UInt8] {
        var rest = chunks
        var content: [UInt8] = []
        while let end = rest.firstRange(of: [0x0D, 0x0A]),
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
        {
            content += rest[end.upperBound...].prefix(size)
            rest = rest[end.upperBound...].dropFirst(size + 2)
        }
        return content
    }
}
