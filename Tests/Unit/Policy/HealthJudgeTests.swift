import StentModel
import StentPolicy
import Testing

@Suite struct `The verdict of health checks` {
    private func judge(health: Balancer.Health = .healthy) -> HealthJudge {
        var settings = HealthSettings()
        settings.healthy = 2
        settings.unhealthy = 3
        return HealthJudge(settings, health: health)
    }

    @Test func `changes after so many answers of the other kind in a row, once`() {
        var judge = judge()
        let answers: [HealthJudge.Answer] = [
            .bad, .bad, .good, .bad, .bad, .bad, .bad, .good, .bad, .good, .good, .good,
        ]
        var changes: [Int: Balancer.Health] = [:]
        for (number, answer) in answers.enumerated() {
            if case .changed(let health) = judge.judge(answer) { changes[number] = health }
        }
        #expect(changes == [5: .unhealthy, 10: .healthy])
        #expect(judge.health == .healthy)
    }

    @Test func `goes on from an earlier one`() {
        var judge = judge(health: .unhealthy)
        #expect(judge.judge(.bad) == .unchanged)
        #expect(judge.judge(.good) == .unchanged)
        #expect(judge.judge(.good) == .changed(.healthy))
    }

    @Test func `needs one answer at least`() {
        var settings = HealthSettings()
        settings.healthy = 0
        settings.unhealthy = -1
        var judge = HealthJudge(settings)
        #expect(judge.judge(.bad) == .changed(.unhealthy))
        #expect(judge.judge(.good) == .changed(.healthy))
    }
}
