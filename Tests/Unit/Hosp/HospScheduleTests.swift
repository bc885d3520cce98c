import HospKit
import Testing

@Suite struct HospScheduleTests {
    private let list = Route(method: "GET", target: "/hospitals")
    private let patient = Route(method: "GET", target: "/patients/1")
    private let note = Route(method: "POST", target: "/notes")
    private let screen = Route(method: "POST", target: "/patients/1/screen")

    private func plans(seed: UInt64, _ count: Int, _ route: Route, _ profile: Profile) -> [Plan] {
        var schedule = Schedule(seed: seed)
        return (0..<count).map { _ in schedule.next(route: route, profile: profile) }
    }

    @Test func `the same seed gives the same plans and another seed gives others`() {
        #expect(plans(seed: 7, 500, note, .faulty) == plans(seed: 7, 500, note, .faulty))
        #expect(plans(seed: 7, 500, note, .faulty) != plans(seed: 8, 500, note, .faulty))
    }

    @Test func `neither route nor profile shifts the dice of the requests that follow`() {
        var plain = Schedule(seed: 3)
        var mixed = Schedule(seed: 3)
        for _ in 0..<50 {
            _ = plain.next(route: note, profile: .faulty)
            _ = mixed.next(route: list, profile: .outage)
        }
        #expect(plain.next(route: note, profile: .brownout) == mixed.next(route: note, profile: .brownout))
    }

    @Test func `a calm day has no fault`() {
        #expect(plans(seed: 1, 2000, screen, .calm).allSatisfy { $0.fault == nil && $0.doesWork })
    }

    @Test(arguments: [(Route(method: "GET", target: "/patients/1"), 1.0), (.create(.notes), 2), (.screen(id: "1"), 3)])
    func `an ordinary day has the stated share of each fault, twice on notes and three times on screening`(
        route: Route, factor: Double
    ) {
        let faults = plans(seed: 11, 30_000, route, .faulty).compactMap(\.fault)
        let shares = [
            (Fault.errorBefore, 0.03), (.errorAfter, 0.01), (.reset, 0.005), (.truncate, 0.005), (.malformed, 0.002),
        ]
        for (fault, share) in shares {
            let count = faults.count { $0 == fault }
            let expected = 30_000 * share * factor
            // four standard deviations of a binomial
            #expect(abs(Double(count) - expected) < 4 * expected.squareRoot(), "\(fault): \(count) for \(expected)")
        }
    }

    @Test func `a brownout fails thirty per cent before the work and five after it`() {
        let drawn = plans(seed: 5, 20_000, note, .brownout)
        #expect(abs(drawn.count { $0.fault == .errorBefore } - 6000) < 260)
        #expect(abs(drawn.count { $0.fault == .errorAfter } - 1000) < 125)
    }

    @Test func `half of the resets come after the work`() {
        let resets = plans(seed: 2, 20_000, screen, .faulty).filter { $0.fault == .reset }
        let done = resets.count { $0.doesWork }
        #expect(resets.count > 200)
        #expect(abs(done * 2 - resets.count) < resets.count / 3)
    }

    @Test func `a fault before the work means no work and one after it means work`() {
        let drawn = plans(seed: 4, 5000, screen, .faulty)
        #expect(drawn.allSatisfy { $0.fault != .errorBefore || !$0.doesWork })
        #expect(drawn.allSatisfy { $0.fault == .errorBefore || $0.fault == .reset || $0.doesWork })
    }

    @Test func `lists take whole seconds from zero to nine, evenly, and everything else takes none`() {
        let sound = plans(seed: 9, 10_000, list, .faulty).filter { $0.fault != .errorBefore }
        let seconds = sound.map { ($0.serviceMilliseconds - Profile.faulty.quickMilliseconds.lowerBound) / 1000 }
        for value in 0...9 { #expect(abs(seconds.count { $0 == value } - sound.count / 10) < 150) }
        #expect(plans(seed: 9, 2000, patient, .faulty).allSatisfy { $0.serviceMilliseconds <= 120 })
    }

    @Test func `an immediate 500 takes thirteen milliseconds on a slow route too`() {
        let errors = plans(seed: 9, 2000, list, .faulty).filter { $0.fault == .errorBefore }
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0.serviceMilliseconds == 13 })
    }

    @Test func `a server that answers nothing but 500 does no work`() throws {
        let profile = try #require(Profile.named("outage-errors"))
        #expect(plans(seed: 1, 100, note, profile).allSatisfy { $0.fault == .errorBefore && !$0.doesWork })
    }
}
