import StentExchange
import StentPolicy
import Testing

/// Which copies a disk tier knows, and which of them go first.
@Suite struct CacheTierIndexTests {
    private var index = CacheTierIndex(capacity: 1 << 20)
    private var stamps = CacheStamps(slots: 1 << 16)
    private var offset = 0

    private func key(_ name: String) -> CacheTierKey { CacheTierKey(Array(name.utf8)) }

    @discardableResult
    private mutating func add(_ name: String, _ variant: String = "", segment: UInt64 = 1) -> CacheTierIndex.ID? {
        guard let id = begin(name, variant) else { return nil }
        offset += 100
        index.place(id, at: CacheTierPlace(segment: segment, offset: offset, length: 100))
        return id
    }

    private mutating func begin(_ name: String, _ variant: String = "") -> CacheTierIndex.ID? {
        let groups = CacheGroups.read(path: Array(name.utf8).span)
        let mark = CacheTierMark(stamp: stamps.note(groups), groups: groups)
        return index.add(key(name), variant: Array(variant.utf8), label: Array(name.utf8), mark: mark)
    }

    private mutating func find(_ name: String, _ variant: String = "") -> CacheTierItem? {
        let stamps = stamps
        let found = index.find(key(name), standing: { stamps.standing($0.stamp, $0.groups) }) {
            $0 == Array(variant.utf8)
        }
        guard case .copy(let item) = found else { return nil }
        return item
    }

    private var names: [String] {
        var names: [String] = []
        index.forEach { names.append(String(decoding: $0.label, as: UTF8.self)) }
        return names
    }

    @Test mutating func `a copy is found once it has a place`() throws {
        let id = try #require(begin("/a"))
        #expect(find("/a") == nil)
        #expect(index.copies == 0)
        #expect(index.place(id, at: CacheTierPlace(segment: 1, offset: 0, length: 7)) == .placed)
        #expect(find("/a")?.bytes == 7)
        #expect(index.copies == 1)
    }

    @Test mutating func `what was removed while it was written gets no place, nor does another with its number`() throws
    {
        let id = try #require(begin("/a"))
        index.remove(key("/a"))
        let other = try #require(begin("/b"))
        #expect(other.number == id.number)
        #expect(index.place(id, at: CacheTierPlace(segment: 1, offset: 0, length: 7)) == .gone)
        #expect(index.mayWrite(id, standing: { _ in .current }) == .gone)
        #expect(index.mayWrite(other, standing: { _ in .current }) == .wanted)
        index.remove(id)
        #expect(index.mayWrite(other, standing: { _ in .current }) == .wanted)
    }

    @Test mutating func `what is no longer valid is removed when it is met`() throws {
        for name in ["/a", "/b", "/c"] { add(name) }
        let waiting = try #require(begin("/d"))
        for name in ["/a", "/b", "/d"] { stamps.bump(CacheGroups.read(path: Array(name.utf8).span)) }
        let now = stamps
        let standing: (CacheTierMark) -> CacheTierStanding = { now.standing($0.stamp, $0.groups) }
        #expect(find("/a") == nil)
        #expect(index.entry(CacheTierIndex.ID(number: 1, serial: 2), standing: standing) == nil)
        #expect(index.mayWrite(waiting, standing: standing) == .gone)
        #expect(names == ["/c"])
        #expect(index.bytes == CacheTierIndex.overhead + 4)
    }

    @Test mutating func `the oldest written go first, whatever was handed over first`() throws {
        let late = try #require(begin("/late"))
        for (name, segment) in [("/a", 1), ("/b", 1), ("/c", 2)] { add(name, segment: UInt64(segment)) }
        index.place(late, at: CacheTierPlace(segment: 2, offset: 0, length: 1))
        #expect(names == ["/a", "/b", "/c", "/late"])
        #expect(index.removeOldest(through: 1, steps: 1) == .more)
        #expect(index.removeOldest(through: 1, steps: 9) == .done)
        #expect(names == ["/c", "/late"])
        #expect(index.evicted == 2)
    }

    @Test mutating func `memory is bounded, and what waits to be written makes no room`() {
        index = CacheTierIndex(capacity: CacheTierIndex.overhead * 4)
        for name in ["/a", "/b", "/c", "/d"] { add(name) }
        #expect(names == ["/b", "/c", "/d"])
        #expect(begin("/e") != nil)
        #expect(begin("/f") != nil)
        #expect(begin("/g") != nil)
        #expect(begin("/h") == nil)
        #expect(index.bytes <= CacheTierIndex.overhead * 4)
        #expect(begin(String(repeating: "x", count: CacheTierIndex.overhead * 4)) == nil)
    }

    @Test mutating func `one key has so many variants and no more: the oldest goes`() {
        for number in 0...CacheTierIndex.mostVariants { add("/a", "\(number)") }
        #expect(index.copies == CacheTierIndex.mostVariants)
        #expect(find("/a", "0") == nil)
        #expect(find("/a", "1") != nil)
        #expect(find("/a", "\(CacheTierIndex.mostVariants)") != nil)
    }

    @Test mutating func `emptied, it knows nothing, and no old number means a new copy`() throws {
        let old = try #require(add("/a"))
        index = index.emptied()
        #expect(find("/a") == nil)
        let new = try #require(add("/b"))
        #expect(new.number == old.number)
        #expect(index.entry(old, standing: { _ in .current }) == nil)
        #expect(index.entry(new, standing: { _ in .current }) != nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    mutating func `after any calls it has what a plain list of copies has`(seed: UInt64) {
        var dice = SeededRandom(seed: seed)
        var model: [(name: String, variant: String, segment: UInt64)] = []
        var segment: UInt64 = 1
        for _ in 0..<3_000 {
            let (name, variant) = ("/\(dice.next() % 12)", "\(dice.next() % 3)")
            switch dice.next() % 10 {
            case 0...5:
                if dice.once(in: 10) { segment += 1 }
                model.removeAll { $0.name == name && $0.variant == variant }
                if add(name, variant, segment: segment) != nil { model.append((name, variant, segment)) }
            case 6:
                index.remove(key(name))
                model.removeAll { $0.name == name }
            case 7:
                let through = segment - min(segment, 2)
                while index.removeOldest(through: through, steps: 2) == .more {}
                model.removeAll { $0.segment <= through }
            case 8:
                var walk = CacheTierIndex.Walk()
                while index.remove(&walk, steps: 3, where: { $0 == Array(name.utf8) }) == .more {}
                let before = model.count
                model.removeAll { $0.name == name }
                #expect(walk.removed == before - model.count)
            case _:
                #expect((find(name, variant) != nil) == model.contains { $0.name == name && $0.variant == variant })
            }
        }
        #expect(names == model.map(\.name))
        #expect(index.copies == model.count)
        let bytes = model.reduce(0) { $0 + CacheTierIndex.overhead + 2 * $1.name.utf8.count + $1.variant.utf8.count }
        #expect(index.bytes == bytes)
    }
}
