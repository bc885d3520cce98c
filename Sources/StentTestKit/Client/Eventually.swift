/// Asks again and again until something holds, for effects that have no event to wait for.
///
/// - Parameter condition: an error counts as "not yet".
/// - Returns: whether it came to hold in time.
package func eventually(
    within limit: Duration = .seconds(20), every pause: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async -> Bool {
    let end = ContinuousClock.now.advanced(by: limit)
    while true {
        if (try? await condition()) == true { return true }
        guard ContinuousClock.now < end else { return (try? await condition()) == true }
        try? await Task.sleep(for: pause)
    }
}

/// Asks again and again whether something still holds.
///
/// - Returns: whether it held all the time.
package func always(
    for span: Duration, every pause: Duration = .milliseconds(5), _ condition: () async -> Bool
) async -> Bool {
    await !eventually(within: span, every: pause) { await !condition() }
}
