import StentModel

/// How many retries the upstream can be asked to bear: tokens earned mostly by exchanges that end well.
///
/// A budget in percent of the requests, such as Finagle's RetryBudget (20 % by default), has to choose between two
/// evils: where a share f of the attempts fails, each request takes f / (1 - f) retries, so that 20 % are spent at
/// f = 17 %; and a budget large enough for 40 % failures (0.67 retries per request) adds as much load to an upstream that
/// is down. gRPC's retry throttling (proposal A6) earns its tokens by successes instead. This does both: an exchange that
/// begins deposits `budgetOutageRatio`, and the rest of `budgetRatio` comes only when it ends well. With the defaults, 80 %
/// hold through 44 % failing attempts, and in an outage, when nothing ends well, the extra load is at most 10 % and the
/// reserve.
package struct RetryBudget: Sendable, Equatable {
    /// In hundredths of a token, so that no deposit is lost in rounding.
    private var hundredths: Int
    private var maximum: Int
    private var depositAtStart: Int
    private var depositAtEnd: Int

    package init(_ settings: RetrySettings) {
        maximum = Self.hundredths(tokens: settings.budgetReserve)
        depositAtStart = max(0, settings.budgetOutageRatio)
        depositAtEnd = max(0, settings.budgetRatio) - min(depositAtStart, max(0, settings.budgetRatio))
        hundredths = maximum
    }

    /// Tokens in hand.
    package var tokens: Double { Double(hundredths) / 100 }
    /// A retry may be made now.
    package var allowsRetry: Bool { hundredths >= 100 }

    /// An exchange begins: its first attempt, whatever becomes of it.
    package mutating func began() { deposit(depositAtStart) }

    /// An exchange ended with an answer of the upstream that is no failure.
    package mutating func succeeded() { deposit(depositAtEnd) }

    /// A retry is made.
    package mutating func spend() { hundredths = max(0, hundredths - 100) }

    /// Other settings from now on; what is in hand is kept as far as it fits.
    package mutating func reconfigure(_ settings: RetrySettings) {
        var new = RetryBudget(settings)
        new.hundredths = min(hundredths, new.maximum)
        self = new
    }

    private mutating func deposit(_ amount: Int) {
        // Against the room left, so that no setting overflows.
        hundredths += min(amount, maximum - hundredths)
    }

    private static func hundredths(tokens: Int) -> Int {
        let (product, overflow) = max(0, tokens).multipliedReportingOverflow(by: 100)
        return overflow ? .max : product
    }
}
