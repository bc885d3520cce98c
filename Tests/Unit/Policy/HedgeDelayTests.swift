import StentModel
import StentPolicy
import Testing

@Suite struct `When a second attempt is worth its cost` {
    @Test func `is not known before twenty answers`() {
        var delay = HedgeDelay(share: 95)
        for _ in 0..<19 { delay.learn(.milliseconds(10)) }
        #expect(delay.delay == nil)
        delay.learn(.milliseconds(10))
        #expect(delay.delay == .milliseconds(10))
    }

    @Test func `is after the time in which that share of the answers came`() {
        var delay = HedgeDelay(share: 90)
        for time in 1...100 as ClosedRange<Int64> { delay.learn(.milliseconds(time)) }
        let milliseconds = delay.delay?.milliseconds ?? 0
        #expect((85...95).contains(milliseconds))
    }

    @Test func `follows a route that has become slower`() {
        var delay = HedgeDelay(share: 90)
        for _ in 0..<200 { delay.learn(.milliseconds(5)) }
        for _ in 0..<200 { delay.learn(.milliseconds(50)) }
        #expect(delay.delay == .milliseconds(50))
    }
}
