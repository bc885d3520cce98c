import StentModel
import Testing

@Suite struct `A request id` {
    private func text(_ id: RequestID, _ head: RequestHead = RequestHead()) -> String {
        var output: [UInt8] = []
        id.append(to: &output, head: head)
        return String(decoding: output, as: UTF8.self)
    }

    /// RFC 9562 §A.6: the example of a UUIDv7.
    @Test func `is the UUID version 7 of its time and its random bits`() {
        let id = RequestID.mint(unixMilliseconds: 0x017F_22E2_79B0, random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        #expect(text(id) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test func `has version and variant whatever the time and the dice`() {
        var random = SeededRandom(seed: 1)
        for time in [Int64.min, -1, 0, 1, 1_700_000_000_000, .max] {
            for bits in [(UInt64.min, UInt64.min), (.max, .max), (random.next(), random.next())] {
                let text = Array(text(.mint(unixMilliseconds: time, random: bits)))
                #expect(text.count == 36)
                #expect(text[14] == "7")
                #expect("89ab".contains(text[19]))
                for (index, character) in text.enumerated() {
                    let isDash = [8, 13, 18, 23].contains(index)
                    #expect(isDash ? character == "-" : "0123456789abcdef".contains(character))
                }
            }
        }
    }

    @Test func `sorts by the time it was made`() {
        let earlier = text(.mint(unixMilliseconds: 1_700_000_000_000, random: (.max, .max)))
        let later = text(.mint(unixMilliseconds: 1_700_000_000_001, random: (0, 0)))
        #expect(earlier < later)
    }

    @Test func `is the client's own bytes where they were accepted`() {
        var head = RequestHead()
        head.fields.bytes = Array("X-Request-Id: abc".utf8)
        #expect(text(.accepted(Slot(14..<17)), head) == "abc")
        #expect(text(.accepted(Slot(14..<18)), head) == "")
    }
}
