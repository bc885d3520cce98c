import HospKit
import StentTestKit
import Testing

/// The forgeries of Tests/Forgeries, judged by the state of HOSP afterwards.
@Suite struct ForgeryTests {
    /// Where the notes come from that a forgery is about.
    enum Origin: String, CaseIterable {
        /// stent has not seen them, and has to ask whose they are.
        case hosp
        /// stent has seen who created them.
        case stent
    }

    private static let least = 150

    @Test(arguments: try PolicyCase.kinds(), Origin.allCases)
    func `no note exists, changes or vanishes but by its author`(kind: String, origin: Origin) async throws {
        try await withReliableStent { stent, hosp async throws in
            let makerPort = origin == .hosp ? hosp.port : stent.httpPort
            let trial = try await PolicyTrial(before: hosp, port: stent.httpPort, makerPort: makerPort)
            for forgery in try PolicyCase.all() where forgery.kind == kind {
                let finding = try await trial.hold(forgery)
                #expect(finding.violations == [], "\(forgery.name): answered \(finding.statuses)")
                #expect(finding.unexpected == [], "\(forgery.name)")
            }
        }
    }

    @Test(arguments: try PolicyCase.kinds())
    func `a forgery with teeth works where nothing stands before HOSP, and only such a one`(kind: String) async throws {
        let hosp = try await HospServer.start(HospOptions(timeScale: 0))
        do {
            let trial = try await PolicyTrial(before: hosp, port: hosp.port, makerPort: hosp.port)
            for forgery in try PolicyCase.all() where forgery.kind == kind {
                let finding = try await trial.hold(forgery)
                #expect(
                    finding.violations.isEmpty != forgery.teeth.biteHosp,
                    "\(forgery.name): answered \(finding.statuses), \(finding.violations)")
            }
            try await hosp.stop()
        } catch {
            try? await hosp.stop()
            throw error
        }
    }

    @Test func `there are forgeries enough, and most have teeth`() throws {
        let forgeries = try PolicyCase.all()
        #expect(forgeries.count >= Self.least)
        #expect(forgeries.filter { $0.teeth != .none }.count >= Self.least)
        #expect(Set(forgeries.map(\.name)).count == forgeries.count, "a name is used twice")
    }

    /// The attacker asks for the notes that will be next, again and again, while the victim creates them.
    @Test(arguments: [("DELETE", ""), ("PATCH", #"{"title":"defaced"}"#), ("PUT", #"{"staff_id":2}"#)])
    func `a note is its author's from the first moment`(method: String, content: String) async throws {
        try await withReliableStent { stent, hosp async throws in
            let count = 20
            let first = try await hosp.records().count(.notes) + 1
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<count {
                        let content =
                            #"{"title":"Race \#(number)","body":"b","patient_id":3,"staff_id":\#(PolicyTrial.victim)}"#
                        let answer = try await stent.once(create(content, staff: PolicyTrial.victim))
                        #expect(answer.status == 201)
                    }
                }
                for attacker in 0..<4 {
                    group.addTask {
                        for number in 0..<(2 * count) {
                            _ = try await stent.once(
                                Self.attack(method, first + (number + attacker) % count, content))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let notes = try await hosp.records().all(.notes).filter { $0.id >= first }
            #expect(notes.count == count)
            #expect(notes.allSatisfy { $0.number("staff_id") == PolicyTrial.victim })
            #expect(notes.allSatisfy { $0.text("title")?.hasPrefix("Race ") == true })
        }
    }

    private static func attack(_ method: String, _ id: Int, _ content: String) -> String {
        "\(method) /notes/\(id) HTTP/1.1\r\nHost: a.example\r\n\(credentials(PolicyTrial.attacker))"
            + "Content-Type: application/json\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
    }
}
