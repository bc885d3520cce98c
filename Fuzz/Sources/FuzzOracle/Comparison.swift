/// Ends the process unless the oracle read what we accepted, with the same boundaries.
///
/// What we refuse it may read as it likes: we are the stricter one.
public func compare(_ ours: Transcript, _ oracle: Transcript) {
    for (index, message) in ours.messages.enumerated() {
        guard index < ours.comparable else { return }
        let isRefused = ours.failure != nil && !message.isComplete
        guard index < oracle.messages.count else {
            if isRefused { return }
            finding(
                "the oracle reads every message that we accept", "ours: \(message)", "oracle: \(oracle)")
        }
        var other = oracle.messages[index]
        if isRefused {
            // The head stands, the content is what we refused.
            other.body = message.body
            other.isComplete = message.isComplete
        }
        guard message == other else {
            finding("the oracle reads the same message", "ours: \(ours)", "oracle: \(oracle)", "message \(index)")
        }
    }
    guard ours.failure == nil, !ours.isClosed, ours.comparable == Int.max else { return }
    expectEqual(ours.messages.count, oracle.messages.count, "the oracle reads no message where we wait for more")
}
