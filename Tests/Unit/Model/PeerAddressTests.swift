import StentModel
import Testing

private func text(_ address: PeerAddress) -> String {
    var bytes: [UInt8] = []
    address.append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

@Suite struct `A peer's address` {
    /// RFC 5952 §4, RFC 4291 §2.2: spellings and the one form in which they are written.
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"), ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:0:0:0:1:0:0:0", "1::1:0:0:0"), ("0:1:0:0:0:0:0:0", "0:1::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
        ("ffff:FFFF:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("::1.2.3.4", "::102:304"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80::1", "fe80::1"),
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1"), ("192.0.2.1:65535", "192.0.2.1"), ("[::1]", "::1"), ("[::1]:443", "::1"),
        ("[2001:db8::1]:1", "2001:db8::1"), ("[::ffff:1.2.3.4]:5", "1.2.3.4"),
    ])
    func `is read in any spelling and written in one`(spelling: String, expected: String) throws {
        #expect(text(try #require(PeerAddress(parsing: spelling))) == expected)
    }

    @Test(arguments: [
        "", " ", "a", "unknown", "_hidden", "localhost", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.+4", "1..2.3", ".1.2.3", "1.2.3.", "0x1.2.3.4", "1.2.3.4/8",
        "4294967295",
        "1.2.3.4:", "1.2.3.4:a", "1.2.3.4:123456", "1.2.3.4:-1", ":80", ":", "1.2.3.4:80:90", "[1.2.3.4]",
        "[1.2.3.4]:80",
        ":::", "::1::", "1::2::3", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "12345::", "g::", "-1::", "::-0", "::+1", ":: 1", "::1 ",
        "fe80::1%eth0",
        "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "1.2.3.4::", "::1.2.3.4:5", "1.2.3.4::1", "1:2:3:4:5:6:7:1.2.3.4",
        "1.2:3::",
        "[", "]", "[]", "[]:80", "[::1", "::1]", "[::1]x", "[::1]:", "[::1]:x", "[::1]80", "[::1]:123456", "[[::1]]",
        "[::1]:80:90", "::\u{0661}", "::\u{FF11}", "\u{0661}.2.3.4", "::1\0", "1:2:3:4:5:6:7:8:",
        "0000000000000000000000000000000000000000000000::1",
    ])
    func `is nothing where the text is no literal`(text: String) {
        #expect(PeerAddress(parsing: text) == nil)
    }

    @Test func `reads back as what was written, for any bytes`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            // Groups are zero more often than not, so that runs of them occur.
            let bytes = (0..<8).flatMap { _ -> [UInt8] in
                random.next() % 3 > 0 ? [0, 0] : [UInt8(random.next() & 0xFF), UInt8(random.next() & 0xFF)]
            }
            for address in [PeerAddress(bytes: bytes), PeerAddress(bytes: Array(bytes[..<4]))] {
                let written = text(address)
                #expect(PeerAddress(parsing: written) == address, "\(written)")
                #expect(IPAddress.bytes(of: written) == address.bytes, "\(written)")
                #expect(IPAddress.text(of: address.bytes) == written)
            }
        }
    }

    @Test func `is unknown with another number of bytes`() {
        for count in [0, 1, 3, 5, 15, 17] {
            #expect(PeerAddress(bytes: Array(repeating: 1, count: count)) == .unknown)
        }
        #expect(text(.unknown) == "unknown")
        #expect(PeerAddress.unknown.bytes.isEmpty)
    }
}

@Suite struct `A block of addresses` {
    private func block(_ text: String, _ prefix: Int) throws -> AddressBlock {
        AddressBlock(bytes: try #require(IPAddress.bytes(of: text)), prefix: prefix)
    }

    @Test(arguments: [
        ("10.0.0.0", 8, "10.255.255.255", true), ("10.0.0.0", 8, "11.0.0.0", false), ("0.0.0.0", 0, "9.9.9.9", true),
        ("192.0.2.1", 32, "192.0.2.1", true), ("192.0.2.1", 32, "192.0.2.0", false),
        ("192.0.2.128", 25, "192.0.2.255", true), ("192.0.2.128", 25, "192.0.2.127", false),
        ("172.16.0.0", 12, "172.31.255.255", true), ("172.16.0.0", 12, "172.32.0.0", false),
        ("10.1.2.3", 8, "10.200.0.0", true), ("10.0.0.0", 8, "::ffff:10.1.1.1", true), ("0.0.0.0", 0, "::1", false),
        ("::", 0, "::1", true), ("::", 0, "1.2.3.4", false), ("::", 0, "::ffff:1.2.3.4", false),
        ("2001:db8::", 32, "2001:db8:ffff::", true), ("2001:db8::", 32, "2001:db9::", false),
        ("fe80::", 10, "febf::1", true), ("fe80::", 10, "fec0::1", false), ("::1", 128, "::1", true),
        ("::1", 128, "::2", false), ("::1", 127, "::", true), ("10.0.0.0", 33, "10.0.0.0", false),
        ("10.0.0.0", -1, "10.0.0.0", false),
    ])
    func `holds the addresses whose leading bits agree`(base: String, prefix: Int, text: String, holds: Bool) throws {
        #expect(try block(base, prefix).contains(try #require(IPAddress.bytes(of: text))) == holds)
    }

    @Test func `holds nothing that is no address`() throws {
        #expect(try !block("0.0.0.0", 0).contains([]))
        #expect(try !block("::", 0).contains([1, 2, 3]))
    }

    @Test(arguments: [
        ("10.1.2.3", 8, "10.0.0.0/8"), ("10.1.2.3", 32, "10.1.2.3/32"), ("10.1.2.3", 0, "0.0.0.0/0"),
        ("192.0.2.255", 25, "192.0.2.128/25"), ("2001:db8:ffff::1", 33, "2001:db8:8000::/33"),
    ])
    func `has a network without the bits behind the prefix`(base: String, prefix: Int, network: String) throws {
        #expect(try "\(block(base, prefix).network)" == network)
    }

    @Test(arguments: [
        ("::ffff:10.0.0.0", 104, "10.0.0.0/8"), ("::ffff:1.2.3.4", 128, "1.2.3.4/32"),
        ("::ffff:0.0.0.0", 96, "0.0.0.0/0"),
        ("::ffff:0.0.0.0", 95, "::ffff:0:0/95"), ("10.0.0.0", 8, "10.0.0.0/8"), ("2001:db8::", 120, "2001:db8::/120"),
    ])
    func `of mapped addresses stands for one of IPv4`(base: String, prefix: Int, expected: String) throws {
        #expect(try "\(block(base, prefix).unmapped)" == expected)
    }
}
