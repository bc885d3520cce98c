import StentModel
import StentPolicy
import Testing

/// Requests one after the other, each attempt failing by chance.
private func run(
    _ count: Int, failing share: Double, attempts: Int = 8, seed: UInt64 = 1
) -> (good: Int, retries: Int, refused: Int) {
    var random = SeededRandom(seed: seed)
    var budget = RetryBudget(RetrySettings())
    var (good, retries, refused) = (0, 0, 0)
    for _ in 0..<count {
        budget.began()
        for attempt in 1...attempts {
            if Double.random(in: 0..<1, using: &random) >= share {
                budget.succeeded()
                good += 1
                break
            }
            guard attempt < attempts else { break }
            guard budget.allowsRetry else {
                refused += 1
                break
            }
            budget.spend()
            retries += 1
        }
    }
    return (good, retries, refused)
}

@Suite struct `The budget of retries` {
    @Test func `begins with its reserve and holds no more`() {
        var budget = RetryBudget(RetrySettings())
        #expect(budget.tokens == 50)
        budget.began()
        budget.succeeded()
        #expect(budget.tokens == 50)
    }

    @Test func `loses one token with a retry and earns 0.1 at an exchange's start and 0.7 at its good end`() {
        var budget = RetryBudget(RetrySettings())
        budget.spend()
        #expect(budget.tokens == 49)
        budget.began()
        #expect(budget.tokens == 49.1)
        budget.succeeded()
        #expect(budget.tokens == 49.8)
    }

    @Test func `allows nothing without a whole token, and never owes one`() {
        var settings = RetrySettings()
        settings.budgetReserve = 1
        var budget = RetryBudget(settings)
        budget.spend()
        #expect(!budget.allowsRetry)
        for _ in 0..<9 { budget.began() }
        #expect(!budget.allowsRetry)
        budget.began()
        #expect(budget.allowsRetry)
        budget.spend()
        budget.spend()
        #expect(budget.tokens == 0)
    }

    @Test func `refuses nothing where 40 percent of the attempts fail`() {
        // Eight attempts all fail with 0.4^8 = 0.066 %; the rest ends well.
        let (good, _, refused) = run(10_000, failing: 0.4)
        #expect(good >= 9_990)
        #expect(refused == 0)
    }

    @Test func `bounds the extra load of an outage to a tenth and the reserve`() {
        let (good, retries, _) = run(10_000, failing: 1)
        #expect(good == 0)
        #expect(retries <= 1_000 + 50)
        #expect(retries >= 1_000)
    }

    @Test func `keeps what is in hand when the settings change, as far as it fits`() {
        var budget = RetryBudget(RetrySettings())
        for _ in 0..<20 { budget.spend() }
        var settings = RetrySettings()
        settings.budgetReserve = 100
        budget.reconfigure(settings)
        #expect(budget.tokens == 30)
        settings.budgetReserve = 10
        budget.reconfigure(settings)
        #expect(budget.tokens == 10)
    }

    @Test func `bears any settings`() {
        var settings = RetrySettings()
        (settings.budgetRatio, settings.budgetOutageRatio, settings.budgetReserve) = (.max, .min, .max)
        var budget = RetryBudget(settings)
        budget.spend()
        budget.began()
        budget.succeeded()
        #expect(budget.allowsRetry)
        (settings.budgetRatio, settings.budgetOutageRatio, settings.budgetReserve) = (.min, .max, -1)
        budget.reconfigure(settings)
        budget.began()
        budget.succeeded()
        #expect(!budget.allowsRetry)
    }
}
