import Foundation
import HospKit
import StentModel
import StentTestKit
import Synchronization
import Testing

/// A good answer to a screening goes to the client as it is, and is written down as a note of its caller's, once.
@Suite struct ScreeningTests {
    private static let quick: @Sendable (inout Settings) -> Void = { $0.timeouts.drain = .milliseconds(100) }

    @Test func `the answer reaches the client as HOSP gave it, and the note follows`() async throws {
        let request = screen(["a", "b", "c", "d"], staff: 7)
        try await withReliableStent { stent, hosp async throws in
            let straight = try await hosp.ask(request)
            try await hosp.inject(Injection(.delay(milliseconds: 300), method: "POST", pathPrefix: "/notes"))
            let answer = try await stent.once(request)
            #expect(try await hosp.screenings().isEmpty, "the client waited for the note")
            #expect(answer.status == 200)
            #expect(answer.body == straight.body)
            for name in ["Content-Type", "Vary", "Cache-Control", "ETag"] { #expect(answer[name] == straight[name]) }

            #expect(await hosp.comesToHave(screenings: 1))
            let note = try #require(try await hosp.screenings().first)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            let results = try #require(object["results"] as? [String])
            let overall = try #require(object["overall"] as? String)
            #expect(results.count == 4)
            #expect(note.number("staff_id") == 7)
            #expect(note.number("patient_id") == 3)
            #expect(
                note.text("body")
                    == ([overall] + results.enumerated().map { "\($0.offset + 1). \($0.element)" })
                    .joined(separator: "\n"))
            #expect(note.text("title")?.hasPrefix("Screening of patient 3, ") == true)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
        }
    }

    @Test func `an answer is written down where nothing is retried, too`() async throws {
        try await withReliableStent {
            $0.retry.attempts = 1
        } _: { stent, hosp async throws in
            #expect(try await stent.once(screen(["a"])).status == 200)
            #expect(await hosp.comesToHave(screenings: 1))
        }
    }

    @Test func `a note outlasts an outage`() async throws {
        try await withReliableStent(change: Self.quick) { stent, hosp async throws in
            try await hosp.inject(Injection(.delay(milliseconds: 500), method: "POST", pathPrefix: "/notes"))
            #expect(try await stent.once(screen(["a"])).status == 200)
            try await hosp.setProfile(.outage)
            #expect(try await stent.outbox().waiting == 1)
            #expect(await always(for: .milliseconds(500)) { (try? await stent.outbox().waiting) == 1 })
            try await hosp.setProfile(.calm)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            #expect(try await hosp.screenings().count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a job whose author has another password by now waits for them`(throughStent: Bool) async throws {
        try await withReliableStent(change: Self.quick) { stent, hosp async throws in
            try await hosp.setProfile(.withoutNotes)
            #expect(try await stent.once(screen(["a"])).status == 200)
            let answer = change(passwordOf: 1, to: "another")
            #expect(try await (throughStent ? stent.once(answer) : hosp.ask(answer)).status == 200)
            try await hosp.setProfile(.calm)
            #expect(await stent.outboxComes { $0.waitingForAuthor == 1 })
            // Somebody who uses the name is not the author.
            #expect(try await stent.once(visit(1, password: "guessed")).status == 401)
            #expect(await stent.outboxComes { $0.waitingForAuthor == 1 })
            #expect(try await hosp.screenings().isEmpty)
            #expect(try await stent.once(visit(1, password: "another")).status == 200)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            #expect(try await hosp.screenings().map { $0.number("staff_id") } == [1])
        }
    }

    @Test func `a service account writes for authors who are away, once its password is right`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.makeQuick()
        Self.quick(&settings)
        try await hosp.setProfile(.withoutNotes)
        var stent = try await StentHarness.start(settings)
        #expect(try await stent.once(screen(["a"], staff: 5)).status == 200)
        settings.outbox.account = "staff40:wrong"
        stent = try await stent.restarted(with: settings)
        try await hosp.setProfile(.calm)
        #expect(try await stent.outbox().waitingForAuthor == 0)
        #expect(await eventually { try await hosp.arrivals().contains { $0.user == "staff40" && $0.status == 401 } })
        #expect(try await stent.outbox().waiting == 1)
        #expect(try await hosp.screenings().isEmpty)
        settings.outbox.account = "staff40:secret40"
        stent = try await stent.restarted(with: settings)
        #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
        #expect(try await hosp.screenings().map { $0.number("staff_id") } == [5])
        try await stent.stop()
        try await hosp.stop()
    }

    @Test func `a note that HOSP refuses is given up, and that is said`() async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.makeQuick()
        let stent = try await StentHarness.start(settings)
        try await hosp.setProfile(.withoutNotes)
        #expect(try await stent.once(screen(patient: 9, ["a"])).status == 200)
        #expect(
            try await hosp.ask("DELETE /patients/9 HTTP/1.1\r\nHost: a.example\r\n\(credentials())\r\n").status == 204)
        try await hosp.setProfile(.calm)
        #expect(await stent.outboxComes { $0.waiting == 0 && $0.refused == 1 && $0.written == 0 })
        #expect(try await hosp.screenings().isEmpty)
        let lines = try await stent.stop()
        #expect(lines.count { $0.contains(#""event":"outbox.refused""#) && $0.contains("422") } == 1)
        try await hosp.stop()
    }

    @Test func `an answer that is no screening reaches the client, and is counted`() async throws {
        let strange = #"{"hello": "world"}"#
        let upstream: ScriptedUpstream.Script = { connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                let content = request.target == "/staffs/me" ? #"{"id":1,"name":"staff1"}"# : strange
                try await connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(content.utf8.count)\r\n\r\n\(content)")
            }
        }
        try await withStent("hosp.yaml", before: upstream, policies: true) {
            $0.makeQuick()
        } _: { stent, _ async throws in
            let answer = try await stent.once(screen(["a"]))
            #expect(answer.status == 200)
            #expect(answer.text == strange)
            let outbox = try await stent.outbox()
            #expect(outbox.unreadable == 1)
            #expect(outbox.waiting == 0)
            #expect(try await stent.metric(#"stent_outbox_lost_total{cause="unreadable"}"#) == 1)
        }
    }

    @Test func `two equal screenings whose answers both arrived are two notes`() async throws {
        try await withReliableStent { stent, hosp async throws in
            for _ in 0..<2 { #expect(try await stent.once(screen(["a"])).status == 200) }
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 2 })
            let notes = try await hosp.screenings()
            #expect(notes.count == 2)
            #expect(Set(notes.compactMap { $0.text("title") }).count == 2)
            #expect(Set(notes.compactMap { $0.text("body") }).count == 1)
        }
    }

    @Test func `a screening that is asked for again because its answer was lost is one note`() async throws {
        let notes = Atomic(0)
        // An answer that the sockets between can't hold.
        let padding = String(repeating: "x", count: 6 << 20)
        let script: ScriptedUpstream.Script = { connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                var content = #"{"id":1,"name":"staff1","created_at":"2026-03-01T09:30:00.000Z"}"#
                if request.target == "/notes" { notes.add(1, ordering: .relaxed) }
                if request.target.hasSuffix("/screen") {
                    content = #"{"overall":"normal","results":["normal"],"padding":"\#(padding)"}"#
                }
                try await connection.send(
                    "HTTP/1.1 \(request.target == "/notes" ? "201 Created" : "200 OK")\r\n"
                        + "Content-Type: application/json\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)")
            }
        }
        try await withStent("hosp.yaml", before: script, policies: true) {
            $0.makeQuick()
            $0.retry.holdResponse = ByteCount(16 << 20)
        } _: { stent, _ async throws in
            let unlucky = try await stent.connect(receiveBuffer: 4_096)
            try await unlucky.send(screen(["a"]))
            #expect(await stent.outboxComes { $0.written == 1 })
            await unlucky.reset()
            #expect(await stent.comesToHave(exchanges: 0))
            #expect(try await stent.once(screen(["a"])).status == 200)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            #expect(notes.load(ordering: .relaxed) == 1)
            // That one had its answer: the next is another.
            #expect(try await stent.once(screen(["a"])).status == 200)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 2 })
            #expect(notes.load(ordering: .relaxed) == 2)
        }
    }

    @Test func `a repetition with the same Idempotency-Key is answered alike and makes no second note`() async throws {
        try await withReliableStent { stent, hosp async throws in
            let first = try await stent.once(screen(["a"], key: "\"one\""))
            let second = try await stent.once(screen(["a"], key: "\"one\""))
            #expect(first.status == 200)
            #expect(second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            #expect(try await hosp.screenings().count == 1)
        }
    }

    @Test func `a client who was gone before the answer gets it and a note by coming again with its key`() async throws
    {
        try await withReliableStent { stent, hosp async throws in
            try await hosp.inject(Injection(.delay(milliseconds: 300), method: "POST", pathPrefix: "/patients"))
            let unlucky = try await stent.connect()
            try await unlucky.send(screen(["a"], key: "\"one\""))
            #expect(await eventually { try await hosp.arrived("POST").count == 1 })
            await unlucky.reset()
            #expect(await stent.comesToHave(exchanges: 0))
            let answer = try await stent.once(screen(["a"], key: "\"one\""))
            #expect(answer.status == 200)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            #expect(try await hosp.screenings().count == 1)
        }
    }

    @Test func `jobs outlast a restart, each waits for its author, and nothing that is kept holds a password`()
        async throws
    {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        var settings = try StentHarness.settings(shipped: "hosp.yaml", upstreamPort: hosp.port)
        settings.makeQuick()
        Self.quick(&settings)
        var stent = try await StentHarness.start(settings)
        try await hosp.setProfile(.withoutNotes)
        for staff in [1, 2] { #expect(try await stent.once(screen(["a"], staff: staff)).status == 200) }
        stent = try await stent.restarted(with: settings)
        try await hosp.setProfile(.calm)
        #expect(await stent.outboxComes { $0.waiting == 2 && $0.waitingForAuthor == 2 })
        #expect(Set(try await stent.outbox().jobs.map(\.author)) == ["1", "2"])

        let status = try await StentProcess.run(
            ["status", "--config", "\(StentHarness.repository)/config/hosp.yaml"],
            environment: ["STENT_ADMIN_PORT": "\(stent.adminPort)"])
        #expect(status.code == 0)
        #expect(status.output.contains("outbox: 2 waiting (2 for their author)"), "\(status.output)")
        #expect(status.output.contains("by staff1 (id 1)  to /notes"), "\(status.output)")

        #expect(try await stent.once(visit(1)).status == 200)
        #expect(await stent.outboxComes { $0.waiting == 1 && $0.waitingForAuthor == 1 })
        #expect(try await hosp.screenings().map { $0.number("staff_id") } == [1])
        #expect(try await stent.once(visit(2)).status == 200)
        #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 2 })
        #expect(try await hosp.screenings().map { $0.number("staff_id") } == [1, 2])

        #expect(try stent.keeps("staff1"), "the author's name is kept, so the search works")
        for text in ["secret1", "secret2", "staff1:secret1", "staff2:secret2"] {
            #expect(try !stent.keeps(text))
            let coded = Data(text.utf8).base64EncodedString().trimmingCharacters(in: ["="])
            #expect(try !stent.keeps(coded), "\(text) in base64")
        }
        try await stent.stop()
        try await hosp.stop()
    }

    @Test func `a screening that the store can't take is written down once it can`() async throws {
        try await withReliableStent { stent, hosp async throws in
            #expect(try await stent.once(screen(["a"])).status == 200)
            #expect(await stent.outboxComes { $0.waiting == 0 && $0.written == 1 })
            let other = try Disturber("\(stent.stateDirectory)/outbox.sqlite")
            try await other.lock()
            for image in ["b", "b", "c"] { #expect(try await stent.once(screen([image])).status == 200) }
            #expect(try await stent.outbox().waitingForStore == 3)
            #expect(try await hosp.screenings().count == 1)
            try await other.letGo()
            #expect(await stent.outboxComes { $0.waitingForStore == 0 && $0.waiting == 0 && $0.written == 4 })
            #expect(try await hosp.screenings().count == 4)
            #expect(try await stent.outbox().notKept == 0)
            try other.close()
        }
    }
}
