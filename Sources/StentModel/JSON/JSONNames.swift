/// Finds names that stand twice in one object: by comparing them while they are few, by a hash table when they are many,
/// so that a large object does not cost the square of its size.
///
/// `Hasher` has another seed in each process: nobody can choose names that collide.
struct JSONNames {
    private struct Slot {
        var hash: UInt32
        var object: UInt32
        /// 0 where the slot is free; no name is the first node of a text.
        var name: UInt32
    }

    private static let few = 16

    /// The names of all large objects of the text; a power of two, at most half of it used.
    private var slots: [Slot] = []
    private var used = 0
    private var scratch: [UInt8] = []

    /// Whether no member of the object has the name of the last node.
    ///
    /// - Parameter nodes: the object, its members so far (`count`), and the name.
    mutating func isNew(_ nodes: borrowing [JSONNode], in object: Int, _ text: RawSpan) -> Bool {
        let name = nodes.count - 1
        let members = nodes[object].count
        var other = object + 1
        guard members >= Self.few else {
            let node = nodes[name]
            while other < name {
                if Self.same(node, nodes[other], text) { return false }
                other = Int(nodes[other + 1].next)
            }
            return true
        }
        if members == Self.few {
            while other < name {
                _ = insert(other, nodes, in: object, text)
                other = Int(nodes[other + 1].next)
            }
        }
        return insert(name, nodes, in: object, text)
    }

    @inline(__always)
    private static func same(_ left: JSONNode, _ right: JSONNode, _ text: RawSpan) -> Bool {
        let (first, second) = (left.content, right.content)
        guard left.hasEscapes || right.hasEscapes else {
            return first.count == second.count
                && text.equals(first.lowerBound, text, second.lowerBound, count: first.count)
        }
        return sameDecoded(first, second, text)
    }

    private static func sameDecoded(_ left: Range<Int>, _ right: Range<Int>, _ text: RawSpan) -> Bool {
        var first = JSONDecodedBytes(left)
        var second = JSONDecodedBytes(right)
        while let byte = first.next(text) {
            guard second.next(text) == byte else { return false }
        }
        return second.next(text) == nil
    }

    /// - Returns: whether it was not there.
    private mutating func insert(
        _ name: Int, _ nodes: borrowing [JSONNode], in object: Int, _ text: RawSpan
    ) -> Bool {
        if used * 2 >= slots.count { grow() }
        let slot = Slot(
            hash: hash(nodes[name], in: object, text), object: UInt32(truncatingIfNeeded: object),
            name: UInt32(truncatingIfNeeded: name))
        var place = Int(slot.hash) & (slots.count - 1)
        while slots[place].name != 0 {
            let other = slots[place]
            if other.hash == slot.hash, other.object == slot.object,
                Self.same(nodes[name], nodes[Int(other.name)], text)
            {
                return false
            }
            place = (place + 1) & (slots.count - 1)
        }
        slots[place] = slot
        used += 1
        return true
    }

    private mutating func hash(_ name: JSONNode, in object: Int, _ text: RawSpan) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(object)
        if name.hasEscapes {
            scratch.removeAll(keepingCapacity: true)
            var decoded = JSONDecodedBytes(name.content)
            while let byte = decoded.next(text) { scratch.append(byte) }
            scratch.withUnsafeBytes { hasher.combine(bytes: $0) }
        } else {
            text.extracting(name.content).withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(hash: 0, object: 0, name: 0), count: max(64, old.count * 2))
        for slot in old where slot.name != 0 {
            var place = Int(slot.hash) & (slots.count - 1)
            while slots[place].name != 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = slot
        }
    }
}
