import NIOCore
import StentExchange
import StentModel
import StentPolicy

/// Admission of attempts, and what each one teaches about the upstream.
extension ExchangeDriver {
    func admit(now: Moment) {
        let plan = machine.plan
        let isSafe = head.method.isSafe || machine.nextKind == .verification
        let request = AdmissionMachine.Request(
            priority: plan.priority ?? (head.method.isSafe ? .read : .write), caller: caller, isSafe: isSafe,
            route: plan.index, deadline: machine.deadline)
        switch worker.gate.admission.enter(request, driver: self, on: worker.loop, now: now) {
        case .admit(let ticket): admitted(ticket, now: now)
        case .wait(let waiter): self.waiter = waiter
        case .refuse(let reason, let span): notAdmitted(reason, span, now: now)
        }
    }

    /// A waiting attempt has its turn, or never will.
    func granted(_ grant: AdmissionMachine.Grant) {
        let now = worker.now
        guard waiter == grant.waiter else {
            // It was given up while this was on its way.
            if case .admit(_, let ticket) = grant { worker.gate.admission.leave(ticket, .abandoned, now: now) }
            return
        }
        waiter = nil
        switch grant {
        case .admit(_, let ticket): admitted(ticket, now: now)
        case .refuse(_, let reason, let span): notAdmitted(reason, span, now: now)
        }
    }

    private func admitted(_ ticket: AdmissionMachine.Ticket, now: Moment) {
        self.ticket = ticket
        let action = machine.admitted(isProbe: ticket.isProbe, now: now)
        if !ticket.isProbe, machine.attempts > 1, machine.attemptKind == .request { worker.gate.admission.spend() }
        run(action, now: now)
    }

    private func notAdmitted(_ reason: Reason, _ span: TimeSpan, now: Moment) {
        retryAfter = span
        run(machine.notAdmitted(reason, now: now), now: now)
    }

    /// The attempt has ended, or is given up: admission and balancer learn from it, once.
    func settleAttempt(_ verdict: AdmissionMachine.Verdict, now: Moment) {
        if let waiter {
            self.waiter = nil
            worker.gate.admission.cancel(waiter, now: now)
        }
        if attemptIsCounted, let pool {
            attemptIsCounted = false
            worker.attemptEnded(on: pool, verdict.ofServer, now: now)
        }
        guard let ticket else { return }
        self.ticket = nil
        worker.gate.admission.leave(ticket, verdict, now: now)
    }

    /// What an attempt that failed says of the upstream.
    static func verdict(_ failure: UpstreamFailure) -> AdmissionMachine.Verdict {
        switch failure.reason {
        case .upstreamStaleConnection, .upstreamPoolTimeout: .abandoned  // our own pool's doing
        case .upstreamFirstByteTimeout, .upstreamAttemptTimeout, .upstreamIdleTimeout, .upstreamWriteStalled: .timedOut
        case _: .failed
        }
    }

    /// By credentials, or by address where there are none. Swift's hasher is SipHash under a key of this process.
    func callerKey() -> CallerKey {
        var hasher = Hasher()
        if headIsReadable, let line = head.fields.first(.authorization) {
            head.fields.bytes[line.value.range].withUnsafeBytes { hasher.combine(bytes: $0) }
        } else {
            hasher.combine(client)
        }
        return CallerKey(UInt64(bitPattern: Int64(hasher.finalize())))
    }
}

extension AdmissionMachine.Verdict {
    /// What it says of the server that the attempt was made at.
    var ofServer: Balancer.Result {
        switch self {
        case .answered: .good
        case .failed, .timedOut: .failed
        case .abandoned: .noVerdict
        }
    }
}
