/// Lets so many through at once; the others wait in turn.
package actor WireGate {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init(places: Int) { self.places = places }

    package func pass<Value: Sendable>(_ work: @Sendable () async throws -> Value) async rethrows -> Value {
        if places > 0 { places -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        defer { leave() }
        return try await work()
    }

    private func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
}
