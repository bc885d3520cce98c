import StentModel
import StentPolicy
import Testing

@Suite struct `A shard of the cache` {
    @Test func `finds what was stored under the key, and nothing under another`() {
        var shard = CacheShard<Int>(entries: 100)
        shard.insert("aaaa", 1)
        #expect(shard.find("aaaa") == 1)
        #expect(shard.find("aaab") == nil)
        #expect(shard.find("aaa") == nil)
        #expect(shard.find("") == nil)
    }

    @Test func `tells keys apart by their bytes where their hashes are the same`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<50 {
            let key = Array(fourDigits(number).utf8)
            _ = shard.insert(key.span, hash: 7, number, bytes: 1) { _ in true }
        }
        for number in stride(from: 0, to: 50, by: 2) {
            let key = Array(fourDigits(number).utf8)
            #expect(shard.remove(key.span, hash: 7) == 1)
        }
        for number in 0..<50 {
            let key = Array(fourDigits(number).utf8)
            #expect(shard.find(key.span, hash: 7) == (number % 2 == 0 ? nil : number))
        }
    }

    @Test func `keeps several entries of a key, the newest that is meant first`() {
        var shard = CacheShard<Int>(entries: 100)
        for value in 1...4 { shard.insert("aaaa", value) { _ in false } }
        #expect(shard.find("aaaa") == 4)
        #expect(shard.find("aaaa") { $0 < 3 } == 2)
        #expect(shard.find("aaaa") { $0 > 4 } == nil)
        #expect(shard.counts.entries == 4)
        #expect(shard.counts.keys == 1)
    }

    @Test func `replaces those of the key that it is told to`() {
        var shard = CacheShard<Int>(entries: 100)
        for value in 1...4 { shard.insert("aaaa", value) { _ in false } }
        shard.insert("aaaa", 5) { $0 % 2 == 0 }
        var values: [Int] = []
        _ = shard.find("aaaa") {
            values.append($0); return false
        }
        #expect(values == [5, 3, 1])
    }

    @Test func `keeps at most 32 entries of a key: the oldest goes`() {
        var shard = CacheShard<Int>(entries: 100)
        for value in 1...33 { shard.insert("aaaa", value) { _ in false } }
        #expect(shard.counts.entries == 32)
        #expect(shard.find("aaaa") { $0 == 1 } == nil)
        #expect(shard.find("aaaa") { $0 == 2 } == 2)
    }

    @Test func `takes no entry of more than a quarter of its bytes, and what that replaces goes all the same`() {
        var shard = CacheShard<Int>(capacity: ByteCount(4_000))
        let most = 1_000 - ShardIndex.overhead - 4
        #expect(shard.insert("aaaa", 1, bytes: most) == .stored)
        #expect(shard.counts.bytes == 1_000)
        #expect(shard.insert("aaaa", 2, bytes: most + 1) == .tooLarge)
        #expect(shard.find("aaaa") == nil)
        #expect(shard.counts.refused == 1)
        #expect(shard.insert("aaaa", 2, bytes: .max) == .tooLarge)
        #expect(shard.insert("aaaa", 2, bytes: .min) == .stored)
    }

    @Test func `counts what leaves unused, and lets it in for good when it comes back soon`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<101 { shard.insert(fourDigits(number), number) }
        #expect(shard.find(fourDigits(0)) == nil)
        #expect(shard.counts.oneHitWonders == 1)
        #expect(shard.counts.evictedFromSmall == 1)
        shard.insert(fourDigits(0), 0)
        #expect(shard.counts.ghostHits == 1)
        // One that was used, if not enough to stay, is no wonder.
        #expect(shard.find(fourDigits(2)) == 2)
        for number in 101..<104 { shard.insert(fourDigits(number), number) }
        #expect(shard.counts.evictedFromSmall == 5)
        #expect(shard.counts.oneHitWonders == 4)
        // A scan of anything does not reach it there.
        for number in 1_000..<3_000 { shard.insert(fourDigits(number), number) }
        #expect(shard.find(fourDigits(0)) == 0)
        #expect(shard.counts.evictedFromMain == 0)
    }

    @Test func `forgets a ghost after as many others as it has entries`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<250 { shard.insert(fourDigits(number), number) }
        shard.insert(fourDigits(0), 0)
        #expect(shard.counts.ghostHits == 0)
        shard.insert(fourDigits(149), 0)
        #expect(shard.counts.ghostHits == 1)
        // It comes back once.
        shard.remove(fourDigits(149))
        shard.insert(fourDigits(149), 0)
        #expect(shard.counts.ghostHits == 1)
    }

    @Test func `keeps what was used twice through a scan`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<50 { shard.insert(fourDigits(number), number) }
        for number in 0..<50 { for _ in 0..<(number < 25 ? 2 : 1) { _ = shard.find(fourDigits(number)) } }
        for number in 1_000..<2_000 { shard.insert(fourDigits(number), number) }
        #expect((0..<50).filter { shard.find(fourDigits($0)) != nil } == Array(0..<25))
    }

    @Test func `gives another round to those of the main queue that were used since the last`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<100 { shard.insert(fourDigits(number), number) }
        for number in 0..<100 { for _ in 0..<2 { _ = shard.find(fourDigits(number)) } }
        shard.insert("next", 0)
        for number in 1..<50 { _ = shard.find(fourDigits(number)) }
        // As much in use, and thirty of those of before have to go for them: "next", and 29.
        for number in 200..<230 {
            shard.insert(fourDigits(number), number)
            for _ in 0..<2 { _ = shard.find(fourDigits(number)) }
        }
        let kept = (0..<100).filter { shard.find(fourDigits($0)) != nil }
        #expect(kept.filter { (1..<50).contains($0) }.count == 49)
        #expect(kept.count == 99 - 29)
    }

    @Test func `keeps what was used very often for three rounds more, not for ever`() {
        var shard = CacheShard<Int>(entries: 100)
        for number in 0..<100 {
            shard.insert(fourDigits(number), number)
            for _ in 0..<2 { _ = shard.find(fourDigits(number)) }
        }
        shard.insert("next", 0)
        for _ in 0..<1_000 { _ = shard.find(fourDigits(5)) }
        var isThere = false
        for number in 1_000..<1_600 {
            shard.insert(fourDigits(number), number)
            for _ in 0..<2 { _ = shard.find(fourDigits(number)) }
            // A look that takes nothing is no use.
            if number == 1_250 {
                _ = shard.find(fourDigits(5)) {
                    isThere = $0 == 5; return false
                }
            }
        }
        #expect(isThere)
        #expect(shard.find(fourDigits(5)) == nil)
    }

    @Test func `lets what replaces an entry inherit its standing`() {
        var shard = CacheShard<Int>(entries: 100)
        shard.insert(fourDigits(0), 0)
        for _ in 0..<2 { _ = shard.find(fourDigits(0)) }
        shard.insert(fourDigits(0), 1)
        for number in 1_000..<2_000 { shard.insert(fourDigits(number), number) }
        #expect(shard.find(fourDigits(0)) == 1)
        // From the main queue into the main queue.
        shard.insert(fourDigits(0), 2)
        for number in 2_000..<3_000 { shard.insert(fourDigits(number), number) }
        #expect(shard.find(fourDigits(0)) == 2)
    }

    @Test func `puts out at most 1,024 for one, and refuses it where that is not enough`() {
        var shard = CacheShard<Int>(entries: 6_000)
        for number in 0..<6_000 { shard.insert(fourDigits(number), number) }
        let size = shard.capacity.value / 4 - ShardIndex.overhead - 4
        #expect(shard.insert("huge", 1, bytes: size) == .noRoom)
        #expect(shard.counts.entries == 6_000 - 1_024)
        #expect(shard.insert("huge", 1, bytes: size) == .stored)
        #expect(shard.counts.entries == 4_500 + 1)
    }

    @Test func `moves at most 1,024 for one, then puts out what deserved to stay`() {
        var shard = CacheShard<Int>(entries: 3_000)
        for number in 0..<3_000 {
            shard.insert(fourDigits(number), number)
            for _ in 0..<2 { _ = shard.find(fourDigits(number)) }
        }
        shard.insert("next", 0)
        #expect(shard.counts.entries == 3_000)
        #expect((0..<3_000).filter { shard.find(fourDigits($0)) == nil } == [1_024])
    }

    @Test func `is walked over in slices that meet every entry once`() {
        var shard = CacheShard<Int>(entries: 1_000)
        for number in 0..<700 { shard.insert(fourDigits(number), number) }
        for number in stride(from: 0, to: 700, by: 7) { shard.remove(fourDigits(number)) }
        var walk = CacheShard<Int>.Walk()
        var met: [Int] = []
        var slices = 0
        var progress = CacheShard<Int>.Walk.Progress.more
        while progress == .more {
            let before = met.count
            progress = shard.remove(&walk, steps: 100) { key, value in
                met.append(value)
                return key.last == UInt8(ascii: "3")
            }
            #expect(met.count - before <= 100)
            slices += 1
            // What comes and goes meanwhile does not disturb it.
            shard.remove(fourDigits(699))
            shard.insert(fourDigits(2_000 + slices), 2_000 + slices)
        }
        let old = met.filter { $0 < 699 }
        #expect(old.sorted() == (0..<699).filter { $0 % 7 != 0 })
        #expect(slices == 7)
        #expect(walk.removed == met.filter { $0 % 10 == 3 }.count)
        #expect((0..<699).allSatisfy { (shard.find(fourDigits($0)) != nil) == ($0 % 7 != 0 && $0 % 10 != 3) })
    }

    @Test func `is walked over to an end, however much is stored meanwhile`() {
        var shard = CacheShard<Int>(entries: 1_000)
        for number in 0..<20 { shard.insert(fourDigits(number), number) }
        var walk = CacheShard<Int>.Walk()
        var slices = 1
        while slices < 50, shard.remove(&walk, steps: 10, where: { _, _ in false }) == .more {
            slices += 1
            for number in 0..<10 { shard.insert(fourDigits(100 * slices + number), number) }
        }
        #expect(slices == 2)
    }

    @Test func `is emptied at once, goes on counting, and gives back what was in it`() {
        var shard = CacheShard<Int>(entries: 10)
        for number in 0..<20 { shard.insert(fourDigits(number), number) }
        var old = shard.removeAll()
        #expect(shard.counts.entries == 0)
        #expect(shard.counts.bytes == 0)
        #expect(shard.counts.evictedFromSmall == 10)
        #expect(shard.find(fourDigits(19)) == nil)
        #expect(old.find(fourDigits(19)) == 19)
        shard.insert(fourDigits(1), 1)
        #expect(shard.find(fourDigits(1)) == 1)
    }

    @Test func `shrinks in steps when its bound is lowered, and takes nothing before it has`() {
        var shard = CacheShard<Int>(entries: 4_000)
        for number in 0..<4_000 { shard.insert(fourDigits(number), number) }
        shard.resize(ByteCount(shard.capacity.value / 2))
        #expect(shard.insert("next", 1) == .noRoom)
        #expect(shard.trim() == .done)
        #expect(shard.counts.entries == 2_000)
        #expect(shard.insert("next", 1) == .stored)
        shard.resize(ByteCount(0))
        #expect(shard.trim() == .more)
        #expect(shard.trim() == .done)
        #expect(shard.counts.bytes == 0)
        #expect(shard.insert("next", 1) == .tooLarge)
    }
}
