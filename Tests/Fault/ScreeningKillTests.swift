import Foundation
import HospKit
import StentTestKit
import Testing

/// Screenings before a HOSP of which a third fails, with stent killed again and again: one note each, by whoever asked.
///
/// A hundred screenings unless told otherwise. The full run, of a thousand and about three minutes:
///
///     STENT_SCREENINGS=1000 swift test --disable-xctest --no-parallel --filter Fault.ScreeningKillTests
///
/// `STENT_FAULT_SEED=n` throws other dice.
@Suite(.serialized) struct ScreeningKillTests {
    static let callers = 40

    private static func number(_ variable: String, or fallback: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? fallback
    }

    private let screenings = Self.number("STENT_SCREENINGS", or: 100)
    private let seed = UInt64(Self.number("STENT_FAULT_SEED", or: 1))

    enum Sender: String, CaseIterable {
        /// Authors come by once more when all is asked.
        case author
        /// No author ever comes again.
        case account

        var account: String? { self == .account ? "staff40:secret40" : nil }
    }

    @Test(arguments: Sender.allCases)
    func `a screening is one note by whoever asked, whenever stent is killed`(_ sender: Sender) async throws {
        let profile = try #require(Profile.named("brownout"))
        let hosp = try await HospServer.start(HospOptions(seed: seed, timeScale: 0.002, profile: profile))
        let stent = try await MortalStent.start(before: hosp, account: sender.account)
        do {
            try await run(sender, stent, hosp)
        } catch {
            stent.remove()
            try? await hosp.stop()
            throw error
        }
        stent.remove()
        try await hosp.stop()
    }

    private func run(_ sender: Sender, _ stent: MortalStent, _ hosp: HospServer) async throws {
        let start = ContinuousClock.now
        let asked = try await askAll(stent)
        let answered = ContinuousClock.now
        if sender == .author {
            var dice = Dice(seed: seed)
            for caller in Set(asked.map(\.caller)) { try await Screening.visit(caller, stent, dice: &dice) }
        }
        let isDone = await eventually(within: .seconds(60 + screenings / 10), every: .milliseconds(50)) {
            try await stent.outbox()["waiting"] as? Int == 0
        }
        let outbox = try await stent.outbox()
        #expect(isDone, "seed \(seed): \(outbox)\n\(stent.log)")
        let notes = try await judge(asked, hosp)
        let tries = try await hosp.arrived(["POST /notes", "GET /notes"])
        print(
            """
            screenings, \(sender): \(asked.count) asked \(asked.reduce(0) { $0 + $1.tries }) times in \
            \(answered - start), stent killed \(stent.kills) times; \(notes) notes after another \
            \(ContinuousClock.now - answered), HOSP was sent \(tries[0]) and asked \(tries[1]) times
            """)
    }

    /// All callers ask at once, each for one screening after the other, while stent is killed every second or two.
    private func askAll(_ stent: MortalStent) async throws -> [Screening] {
        try await withThrowingTaskGroup(of: [Screening].self) { group in
            let each = max(1, screenings / Self.callers)
            let callers = min(Self.callers, screenings / each)
            for caller in 1...callers {
                let count = each + (caller <= screenings - each * callers ? 1 : 0)
                group.addTask {
                    var dice = Dice(seed: self.seed &* 1_000 &+ UInt64(caller))
                    var asked: [Screening] = []
                    for number in 0..<count {
                        // proof: a caller looks at patients for a while; so the run lasts for many kills
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...4_000, using: &dice)))
                        var screening = Screening(caller: caller, number: number, dice: &dice)
                        try await screening.ask(stent, dice: &dice)
                        asked.append(screening)
                    }
                    return asked
                }
            }
            group.addTask {
                var dice = Dice(seed: self.seed)
                while !Task.isCancelled {
                    // proof: the process that is to be killed has no clock to move
                    try? await Task.sleep(for: .milliseconds(Int.random(in: 700...2_000, using: &dice)))
                    if !Task.isCancelled { try await stent.killAndRestart() }
                }
                return []
            }
            var asked: [Screening] = []
            for _ in 1...callers { asked += try await group.next() ?? [] }
            group.cancelAll()
            try await group.waitForAll()
            return asked
        }
    }

    /// By what HOSP holds.
    private func judge(_ asked: [Screening], _ hosp: HospServer) async throws -> Int {
        let notes = Screening.notes(in: try await hosp.records())
        var owed: [Screening.Note: Int] = [:]
        for screening in asked { owed[screening.note, default: 0] += 1 }
        for (_, note) in notes { owed[note, default: 0] -= 1 }
        for (note, count) in owed where count > 0 { Issue.record("seed \(seed): missing: \(note)") }
        for (note, count) in owed where count < 0 { Issue.record("seed \(seed): there, and should not be: \(note)") }
        #expect(notes.count == asked.count)
        #expect(asked.count == screenings)
        #expect(Set(notes.map(\.title)).count == notes.count, "titles tell one note from another")
        for (title, note) in notes where !title.hasPrefix("Screening of patient \(note.patient ?? 0), ") {
            Issue.record("\(title): \(note)")
        }
        return notes.count
    }
}

extension HospServer {
    /// How many requests came for each of these routes.
    fileprivate func arrived(_ routes: [String]) async throws -> [Int] {
        let counters = try await counters()
        return routes.map { counters.arrivedByRoute[$0] ?? 0 }
    }
}
