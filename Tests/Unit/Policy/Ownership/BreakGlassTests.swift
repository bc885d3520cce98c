import StentModel
import StentPolicy
import Testing

private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }

private func table(callers: [String] = ["7", "8"]) -> BreakGlass {
    var settings = BreakGlassSettings()
    settings.callers = callers
    return BreakGlass(settings)
}

extension BreakGlass {
    fileprivate mutating func judge(_ caller: String, _ reason: String, _ seconds: Int64) -> Verdict {
        judge(caller: caller, reason: Array(reason.utf8)[...], now: at(seconds))
    }
}

private let reason = "Dr. Ada is in theatre"

@Suite struct `A reason for overriding an owner` {
    @Test func `opens once, is open for an hour, and stays expired for a day`() {
        var table = table()
        #expect(table.judge("7", reason, 0) == .opened)
        #expect(table.judge("7", reason, 3599) == .open)
        #expect(table.judge("7", reason, 3600) == .expired)
        #expect(table.judge("7", "  \(reason) ", 3600) == .expired)
        #expect(table.judge("7", reason, 89_999) == .expired)
        #expect(table.judge("7", reason, 90_000) == .opened)
    }

    @Test func `is each caller's own, and each text's`() {
        var table = table()
        #expect(table.judge("7", reason, 0) == .opened)
        #expect(table.judge("8", reason, 1800) == .opened)
        #expect(table.judge("7", reason + "!", 1800) == .opened)
        #expect(table.judge("7", reason, 3600) == .expired)
        #expect(table.judge("8", reason, 3600) == .open)
        #expect(table.judge("7", reason + "!", 3600) == .open)
    }

    @Test func `is nothing from a caller who is not named`() {
        var table = table()
        #expect(table.judge("9", reason, 0) == .notNamed)
        #expect(table.judge("07", reason, 0) == .notNamed)
        #expect(table.judge("9", "", 0) == .notNamed)
        var none = BreakGlass(nil)
        #expect(none.judge("7", reason, 0) == .notNamed)
    }

    @Test(arguments: [
        "", "fourteen chars", "   fourteen chars   ", "\u{A0}fourteen chars\u{2003}", "ünïcödé chärs!",
        "fifteen charact\u{0}rs", "fifteen\ncharacters", "fifteen characters\u{7F}", "fifteen\u{85}characters",
    ])
    func `has fifteen characters within, none of them a control`(text: String) {
        var table = table()
        #expect(table.judge("7", text, 0) == .tooShort)
    }

    @Test func `is counted in characters rather than bytes, and is UTF-8`() {
        var table = table()
        #expect(table.judge("7", "ünïcödé chärs!!", 0) == .opened)
        let bytes = Array(reason.utf8) + [0xFF]
        #expect(table.judge(caller: "7", reason: bytes[...], now: at(0)) == .tooShort)
    }

    @Test func `is refused where there is no room, rather than another one forgotten`() {
        var table = table(callers: (0..<20).map { "\($0)" })
        for number in 0..<100 { #expect(table.judge("7", "\(reason) \(number)", 0) == .opened) }
        #expect(table.judge("7", "\(reason) 100", 1) == .expired)
        #expect(table.judge("7", "\(reason) 0", 1) == .open)
        for caller in 8..<17 {
            for number in 0..<100 { #expect(table.judge("\(caller)", "\(reason) \(number)", 1) == .opened) }
        }
        for number in 0..<24 { #expect(table.judge("17", "\(reason) \(number)", 1) == .opened) }
        #expect(table.judge("17", "\(reason) 24", 1) == .expired)
        #expect(table.count == 1024)
        #expect(table.judge("17", "\(reason) 24", 90_000) == .opened)
        #expect(table.judge("7", "\(reason) 100", 90_000) == .opened)
        #expect(table.judge("7", reason, 90_001) == .opened)
        #expect(table.count == 3)
    }

    @Test func `goes by the settings of the moment`() {
        var table = table()
        #expect(table.judge("7", reason, 0) == .opened)
        var settings = BreakGlassSettings()
        settings.callers = ["7"]
        settings.lifetime = .seconds(60)
        table.reconfigure(settings)
        #expect(table.judge("7", reason, 59) == .open)
        #expect(table.judge("7", reason, 60) == .expired)
        #expect(table.judge("8", reason, 60) == .notNamed)
        settings.minimumLength = 30
        table.reconfigure(settings)
        #expect(table.judge("7", reason, 60) == .tooShort)
    }
}
