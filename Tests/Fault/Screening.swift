import Foundation
import HospKit
import StentTestKit

/// A caller who has X-ray images of a patient screened, and asks until there is an answer.
struct Screening {
    let caller: Int
    let patient: Int
    /// Unlike those of any other screening.
    let images: [String]
    /// How often it was asked for.
    private(set) var tries = 0
    /// What the caller was told.
    private(set) var overall = ""
    private(set) var results: [String] = []

    init(caller: Int, number: Int, dice: inout Dice) {
        self.caller = caller
        patient = Int.random(in: 1...60, using: &dice)
        images = (1...Int.random(in: 8...16, using: &dice)).map { "image-\(caller)-\(number)-\($0)" }
    }

    /// A caller who has waited for so long gives up.
    private static let patience = Duration.seconds(60)

    private struct Answer: Decodable {
        var overall: String
        var results: [String]
    }

    /// The client whose connection broke, or who was told to come again, does so.
    mutating func ask(_ stent: MortalStent, dice: inout Dice) async throws {
        let content = String(decoding: try JSONEncoder().encode(["images": images]), as: UTF8.self)
        let request =
            "POST /patients/\(patient)/screen HTTP/1.1\r\nHost: a\r\n\(Self.credentials(caller))"
            + "Content-Type: application/json\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
        let body = try await Self.insist(request, to: stent, tries: &tries, dice: &dice)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(body))
        overall = answer.overall
        results = answer.results
    }

    /// Some request of a caller: jobs that wait for them can be done.
    static func visit(_ caller: Int, _ stent: MortalStent, dice: inout Dice) async throws {
        var tries = 0
        let request = "GET /staffs/me HTTP/1.1\r\nHost: a\r\n\(credentials(caller))\r\n"
        _ = try await insist(request, to: stent, tries: &tries, dice: &dice)
    }

    private static func credentials(_ caller: Int) -> String {
        "Authorization: Basic \(Data("staff\(caller):secret\(caller)".utf8).base64EncodedString())\r\n"
    }

    /// - Returns: the content of the 200 that came at last.
    private static func insist(
        _ request: String, to stent: MortalStent, tries: inout Int, dice: inout Dice
    ) async throws -> [UInt8] {
        let end = ContinuousClock.now.advanced(by: patience)
        while ContinuousClock.now < end {
            tries += 1
            if let answer = try? await once(request, to: stent), answer.status == 200 { return answer.body }
            // proof: a client in real time, before processes that have no clock to move
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...50, using: &dice)))
        }
        throw NeverAnswered(request: String(request.prefix { $0 != "\r\n" }), log: stent.log)
    }

    struct NeverAnswered: Error {
        var request: String
        var log: String
    }

    private static func once(_ request: String, to stent: MortalStent) async throws -> RawMessage {
        let connection = try await RawConnection.open(port: stent.httpPort)
        do {
            let answer = try await connection.exchange(request)
            await connection.close()
            return answer
        } catch {
            await connection.reset()
            throw error
        }
    }

    /// What a note says, and must say.
    struct Note: Hashable, CustomStringConvertible {
        var author: Int?
        var patient: Int?
        var text: String

        var description: String { "by \(author ?? 0) about \(patient ?? 0): \(text.debugDescription)" }
    }

    /// Overall, then a line for each image in order.
    var note: Note {
        let lines = results.enumerated().map { "\($0.offset + 1). \($0.element)" }
        return Note(author: caller, patient: patient, text: ([overall] + lines).joined(separator: "\n"))
    }

    static func notes(in records: Store) -> [(title: String, note: Note)] {
        records.all(.notes).compactMap { record in
            guard let title = record.text("title"), title.hasPrefix("Screening ") else { return nil }
            return (
                title,
                Note(
                    author: record.number("staff_id"), patient: record.number("patient_id"),
                    text: record.text("body") ?? "")
            )
        }
    }
}
