import StentModel

/// Numbered elements by their deadlines: a binary heap that knows where each element is, so that any can be taken out.
struct DeadlineHeap: Sendable {
    private var heap: [(deadline: Moment, element: Int)] = []
    /// By element; meaningless for those that are not in.
    private var places: [Int] = []

    var first: (deadline: Moment, element: Int)? { heap.first }

    mutating func insert(_ element: Int, deadline: Moment) {
        while places.count <= element { places.append(-1) }
        heap.append((deadline, element))
        rise(from: heap.count - 1)
    }

    mutating func remove(_ element: Int) {
        let place = places[element]
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        places[last.element] = place
        rise(from: place)
        sink(from: places[last.element])
    }

    private mutating func rise(from start: Int) {
        var place = start
        let item = heap[place]
        while place > 0, item.deadline < heap[(place - 1) / 2].deadline {
            let parent = (place - 1) / 2
            put(heap[parent], at: place)
            place = parent
        }
        put(item, at: place)
    }

    private mutating func sink(from start: Int) {
        var place = start
        let item = heap[place]
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < item.deadline else { break }
            put(heap[child], at: place)
            place = child
        }
        put(item, at: place)
    }

    private mutating func put(_ item: (deadline: Moment, element: Int), at place: Int) {
        heap[place] = item
        places[item.element] = place
    }
}
