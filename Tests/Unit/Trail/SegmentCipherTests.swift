import StentAudit
import StentTrail
import Testing

@Suite struct SegmentCipherTests {
    private static let block = 65_536
    private static let sealedBlock = block + 16
    private static let head = 152
    private let key: SegmentKey
    private let other: SegmentKey

    init() throws {
        key = try #require(SegmentKey(bytes: Array(0..<32)))
        other = try #require(SegmentKey(bytes: Array(1..<33)))
    }

    private func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) } }

    /// What is wrong with it, or `good`.
    private func fault(_ bytes: [UInt8]) -> String {
        do throws(TrailFault) {
            return try SegmentText.decrypt(bytes, keys: SegmentKeyRing([key])).spareIsGood ? "good" : "spare"
        } catch {
            guard case .encrypted(let fault) = error.kind else { return "\(error)" }
            return "\(fault)"
        }
    }

    @Test(arguments: [0, 1, 1_000, block - 1, block, block + 1, 2 * block, 3 * block + 7])
    func `what was encrypted is read again, at every length`(count: Int) throws {
        let sealed = try SegmentText.encrypt(text(count), under: key)
        #expect(sealed.count == Self.head + count + 16 * max(1, (count + Self.block - 1) / Self.block))
        #expect(try SegmentText.decrypt(sealed, keys: SegmentKeyRing([other, key])).text == text(count))
    }

    @Test func `no two segments of one text are alike`() throws {
        let first = try SegmentText.encrypt(text(100), under: key)
        let second = try SegmentText.encrypt(text(100), under: key)
        #expect(first[Self.head...] != second[Self.head...])
    }

    @Test func `every flipped byte is found`() throws {
        let sealed = try SegmentText.encrypt(text(100), under: key)
        for index in sealed.indices {
            for bit in [UInt8(1), 0x80] {
                var bytes = sealed
                bytes[index] ^= bit
                #expect(fault(bytes) != "good", "byte \(index)")
            }
        }
    }

    @Test func `every flipped byte of a longer segment is found, and its block is named`() throws {
        let sealed = try SegmentText.encrypt(text(2 * Self.block + 50), under: key)
        for index in stride(from: Self.head, to: sealed.count, by: 9_973) {
            var bytes = sealed
            bytes[index] ^= 4
            #expect(fault(bytes).hasPrefix("block \((index - Self.head) / Self.sealedBlock) "), "byte \(index)")
        }
    }

    @Test func `a cut at any place is found, and at a block's end it is told from damage`() throws {
        let sealed = try SegmentText.encrypt(text(2 * Self.block + 50), under: key)
        #expect(fault(Array(sealed.prefix(Self.head + Self.sealedBlock))) == "it was cut off behind 1 blocks")
        #expect(fault(Array(sealed.prefix(Self.head + 2 * Self.sealedBlock))) == "it was cut off behind 2 blocks")
        for length in [
            0, 1, Self.head - 1, Self.head, Self.head + 15, Self.head + 16, Self.head + 1_000, sealed.count - 1,
        ] {
            #expect(fault(Array(sealed.prefix(length))) != "good", "length \(length)")
        }
        let small = try SegmentText.encrypt(text(40), under: key)
        for length in 0..<small.count { #expect(fault(Array(small.prefix(length))) != "good", "length \(length)") }
    }

    @Test func `swapped, repeated and left out blocks are found`() throws {
        let sealed = try SegmentText.encrypt(text(3 * Self.block), under: key)
        let blocks = (0..<3).map { Array(sealed[(Self.head + $0 * Self.sealedBlock)...].prefix(Self.sealedBlock)) }
        let head = Array(sealed.prefix(Self.head))
        #expect(fault(head + blocks[0] + blocks[1] + blocks[2]) == "good")
        for order in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 0, 1, 2], [0, 2], [1, 2], [0, 1, 1, 2]] {
            #expect(fault(head + order.flatMap { blocks[$0] }) != "good", "\(order)")
        }
    }

    @Test func `a block of another segment is found, under the same key too`() throws {
        let sealed = try SegmentText.encrypt(text(100), under: key)
        let foreign = try SegmentText.encrypt(text(100), under: key)
        #expect(fault(Array(sealed.prefix(Self.head)) + foreign[Self.head...]).hasPrefix("block 0 "))
    }

    @Test func `what is appended is found, and told from damage where it is a block's length`() throws {
        let sealed = try SegmentText.encrypt(text(Self.block), under: key)
        #expect(fault(sealed + [0]) == "something was appended behind its last block, number 0")
        #expect(fault(sealed + sealed[Self.head...]) == "something was appended behind its last block, number 0")
        #expect(fault(try SegmentText.encrypt(text(10), under: key) + [0]) != "good")
    }

    @Test func `without its key a segment says which key it needs`() throws {
        let sealed = try SegmentText.encrypt(text(10), under: other)
        #expect(fault(sealed).contains(other.name))
        #expect(key.name != other.name)
    }

    @Test func `a key file holds 32 bytes or their Base64`() {
        let bytes = Array<UInt8>(0..<32)
        let text = Base64.text(of: bytes)
        #expect(SegmentKey(file: bytes)?.name == key.name)
        #expect(SegmentKey(file: Array(text.utf8))?.name == key.name)
        #expect(SegmentKey(file: Array("\(text)\r\n".utf8))?.name == key.name)
        for other in [Array(bytes.dropLast()), bytes + [0], Array("\(text)x".utf8), Array(text.utf8.dropLast()), []] {
            #expect(SegmentKey(file: other) == nil)
        }
    }
}
