/// Somebody who waits to be told something, once; belongs to a loop.
final class LoopWaiter<Outcome> {
    private var answer: ((Outcome) -> Void)?

    init(_ answer: @escaping (Outcome) -> Void) { self.answer = answer }

    func tell(_ outcome: Outcome) {
        guard let answer else { return }
        self.answer = nil
        answer(outcome)
    }

    /// It is not interested any more.
    func forget() { answer = nil }
}
