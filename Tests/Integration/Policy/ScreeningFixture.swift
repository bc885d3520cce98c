import Foundation
import HospKit
import StentModel
import StentTestKit

/// A request to screen some images.
func screen(patient: Int = 3, _ images: [String], staff: Int = 1, key: String? = nil) -> String {
    let content = "{\"images\":[\(images.map { "\"\($0)\"" }.joined(separator: ","))]}"
    return create("/patients/\(patient)/screen", content, staff: staff, key: key)
}

/// A visit: any request will do.
func visit(_ staff: Int, password: String? = nil) -> String {
    let pair = "staff\(staff):\(password ?? "secret\(staff)")"
    return get("/staffs/me", "Authorization: Basic \(Data(pair.utf8).base64EncodedString())\r\n")
}

/// A change of somebody's password.
func change(passwordOf staff: Int, to password: String) -> String {
    let content = #"{"password":"\#(password)"}"#
    return "PATCH /staffs/\(staff) HTTP/1.1\r\nHost: a.example\r\n\(credentials(staff))"
        + "Content-Type: application/json\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
}

extension Profile {
    /// Good but for notes, of which each is answered 500 before it is written.
    static var withoutNotes: Profile {
        var profile = Profile.calm
        profile.name = "without-notes"
        profile.rates.errorBefore = 1e-9
        profile.notesFactor = 1e9
        return profile
    }
}

extension HospServer {
    /// Notes that were made of screenings, oldest first.
    func screenings() async throws -> [Record] {
        try await records().all(.notes).filter { $0.text("title")?.hasPrefix("Screening of ") ?? false }.reversed()
    }

    /// Waits until there are so many of them.
    func comesToHave(screenings count: Int) async -> Bool {
        await eventually { try await self.screenings().count == count }
    }
}

/// The member `outbox` of `/status`.
struct OutboxStatus: Decodable, Equatable {
    struct Job: Decodable, Equatable {
        var id: String
        var author: String
        var tries: Int
    }

    var waiting: Int
    var waitingForAuthor: Int
    var sending: Int
    var waitingForStore: Int
    var notKept: Int
    var unreadable: Int
    var written: Int
    var refused: Int
    var jobs: [Job]
}

extension StentHarness {
    func outbox() async throws -> OutboxStatus {
        struct Status: Decodable {
            var outbox: OutboxStatus
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Status.self, from: Data(try await admin("/status").body)).outbox
    }

    /// Waits until `/status` says so.
    func outboxComes(_ holds: (OutboxStatus) -> Bool) async -> Bool {
        await eventually { holds(try await self.outbox()) }
    }

    /// Stops the server and starts another on what it left.
    func restarted(with settings: Settings) async throws -> StentHarness {
        await server.stop()
        return try await StentHarness.start(settings, stateDirectory: stateDirectory)
    }

    /// Whether a text stands in any file of the state directory.
    func keeps(_ text: String) throws -> Bool {
        let files = try FileManager.default.subpathsOfDirectory(atPath: stateDirectory)
        return files.contains { name in
            guard let bytes = FileManager.default.contents(atPath: "\(stateDirectory)/\(name)") else { return false }
            return bytes.range(of: Data(text.utf8)) != nil
        }
    }
}
