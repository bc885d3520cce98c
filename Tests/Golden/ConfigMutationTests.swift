import StentConfig
import Testing

/// The shipped configurations, broken at random: whatever a slip of the keyboard makes of them, the answer is settings
/// or problems, and each problem has a place in the file.
@Suite struct ConfigMutationTests {
    /// SplitMix64: small, and the same on every machine.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let snippets = [
        "${", "}", "[", "]", "{", "- ", ": ", "\n", "\"", "'", "#", "&a ", "*a", "!!str ", "? ", "| ", "> ", "%", "\t",
        "---\n",
        "\r", "\u{FEFF}", "\u{E000}", "0", "-1", "99999999999999999999", "s", "KiB", "~", "<<: ", "é", "\\", ",", "@",
    ].map { Array($0.utf8) }

    private static func mutate(_ bytes: [UInt8], with dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &dice) {
            let index = Int.random(in: 0...bytes.count, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &dice), at: index)
            case 1: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 0...40, using: &dice)))
            case 2: bytes.insert(contentsOf: snippets.randomElement(using: &dice) ?? [], at: index)
            case 3:
                let other = Int.random(in: 0...bytes.count, using: &dice)
                bytes.insert(contentsOf: bytes[other..<min(bytes.count, other + 60)], at: index)
            case 4: bytes = Array(bytes[..<index])
            default: if index < bytes.count { bytes[index] ^= 1 << UInt8.random(in: 0...6, using: &dice) }
            }
            if bytes.isEmpty { break }
        }
        return bytes
    }

    @Test(arguments: ["hosp", "minimal"], [1, 2] as [UInt64])
    func `a broken configuration gives problems with places, and never a crash`(name: String, seed: UInt64) throws {
        let original = try Repository.bytes("config/\(name).yaml")
        var dice = Dice(state: seed)
        for round in 0..<500 {
            let bytes = Self.mutate(original, with: &dice)
            let result = ConfigLoader.load(bytes, path: "x", environment: [:]) { _ in [] }
            guard case .failure(let problems) = result else { continue }
            #expect(!problems.isEmpty, "seed \(seed), round \(round)")
            let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
            let isInside = problems.problems.allSatisfy { (1...lines).contains($0.place.line) && $0.place.column >= 1 }
            #expect(isInside, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `a broken document gives problems with places, and never a crash`(seed: UInt64) throws {
        let original = try Repository.bytes("config/hosp.openapi.yaml")
        var dice = Dice(state: seed)
        for round in 0..<50 {
            let bytes = Self.mutate(original, with: &dice)
            guard case .failure(let problems) = ContractReader.read(bytes, path: "x") else { continue }
            let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
            let isInside = problems.problems.allSatisfy { (1...lines).contains($0.place.line) && $0.place.column >= 1 }
            #expect(!problems.isEmpty && isInside, "seed \(seed), round \(round)")
        }
    }
}
