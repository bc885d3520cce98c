/// The latest arrivals, bounded.
struct ArrivalLog {
    private let capacity: Int
    private var ring: [Arrival] = []
    /// The sequence number that the next arrival will have.
    private(set) var next = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// The sequence number of the oldest that is still here.
    var oldest: Int {
        max(0, next - ring.count)
    }

    mutating func append(_ arrival: Arrival) {
        precondition(arrival.sequence == next, "arrivals are numbered in order")
        if ring.count < capacity {
            ring.append(arrival)
        } else {
            ring[next % capacity] = arrival
        }
        next += 1
    }

    /// Changes an arrival that is still here.
    mutating func amend(_ sequence: Int, _ change: (inout Arrival) -> Void) {
        guard sequence >= oldest, sequence < next else { return }
        change(&ring[sequence % capacity])
    }

    /// Arrivals from `sequence` on, oldest first, at most `limit`.
    func since(_ sequence: Int, limit: Int) -> [Arrival] {
        let first = max(sequence, oldest)
        guard first < next else { return [] }
        return (first..<min(next, first + min(limit, next - first))).map { ring[$0 % capacity] }
    }
}
