/// What will happen to one request.
package struct Plan: Sendable, Equatable {
    package var fault: Fault?
    /// Whether the work is done; false only where a fault comes before it.
    package var doesWork: Bool
    /// Time on a thread, in milliseconds of the real service.
    package var serviceMilliseconds: Int
    package var truncation: Truncation
    package var malformation: Malformation
    /// Where a truncated answer breaks off, as a share of its length: 0 up to but not including 1.
    package var cut: Double
}

/// The seeded dice that decide each request's fate.
///
/// The n-th request draws the n-th set of dice, always the same number of them, whatever its route, the profile or an injection make of
/// them. So the same seed and the same order of requests give the same faults, and switching or injecting does not shift the dice of
/// the requests that follow.
package struct Schedule: Sendable {
    package let seed: UInt64
    /// Requests that have drawn.
    package private(set) var drawn = 0

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// Draws for the next request.
    package mutating func next(route: Route, profile: Profile) -> Plan {
        var dice = SplitMix64(
            seed: SplitMix64.finish(seed) &+ UInt64(truncatingIfNeeded: drawn) &* 0xD134_2543_DE82_EF95)
        drawn += 1
        let lot = Self.share(dice.next())
        let resetSide = dice.next()
        let slow = dice.next()
        let quick = dice.next()
        let truncation = dice.next()
        let malformation = dice.next()
        let cut = Self.share(dice.next())

        var plan = Plan(
            fault: Self.fault(lot, profile.rates, factor: profile.factor(of: route)), doesWork: true,
            serviceMilliseconds: 0,
            truncation: Self.pick(Truncation.allCases, truncation) ?? .missingFinalChunk,
            malformation: Self.pick(Malformation.allCases, malformation) ?? .badStatusLine, cut: cut)
        if profile.outage == .errors { plan.fault = .errorBefore }
        plan.doesWork = plan.fault.map { $0.isAfterWork ?? (resetSide & 1 == 0) } ?? true
        plan.serviceMilliseconds = Self.serviceTime(route, profile, plan.fault, slow: slow, quick: quick)
        return plan
    }

    private static func serviceTime(
        _ route: Route, _ profile: Profile, _ fault: Fault?, slow: UInt64, quick: UInt64
    ) -> Int {
        if route == .unknown { return profile.unknownPathMilliseconds }
        if fault == .errorBefore { return profile.errorMilliseconds }
        let base = within(profile.quickMilliseconds, quick)
        guard case .list = route else { return base }
        return base + 1000 * within(profile.slowSeconds, slow)
    }

    private static func fault(_ lot: Double, _ rates: Profile.Rates, factor: Double) -> Fault? {
        var bound = 0.0
        for (fault, rate) in [
            (Fault.errorBefore, rates.errorBefore), (.errorAfter, rates.errorAfter), (.reset, rates.reset),
            (.truncate, rates.truncate), (.malformed, rates.malformed),
        ] {
            bound += rate * factor
            if lot < bound { return fault }
        }
        return nil
    }

    /// 0 up to but not including 1.
    private static func share(_ die: UInt64) -> Double {
        Double(die >> 11) * 0x1p-53
    }

    private static func within(_ range: ClosedRange<Int>, _ die: UInt64) -> Int {
        range.lowerBound + Int(die.multipliedFullWidth(by: UInt64(range.count)).high)
    }

    private static func pick<Element>(_ elements: [Element], _ die: UInt64) -> Element? {
        let index = Int(die.multipliedFullWidth(by: UInt64(elements.count)).high)
        return elements.indices.contains(index) ? elements[index] : nil
    }
}
