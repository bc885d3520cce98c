import StentModel
import Testing

@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", [127, 0, 0, 1]), ("255.255.255.255", [255, 255, 255, 255]),
            ("::", Array(repeating: 0, count: 16)), ("::1", Array(repeating: 0, count: 15) + [1]),
            ("1::", [0, 1] + Array(repeating: 0, count: 14)),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
            ("2001:DB8::A", [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10]),
            ("::ffff:1.2.3.4", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4]),
            ("64:ff9b::1.2.3.4", [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
        ] as [(String, [UInt8])])
    func `a literal is read to its bytes`(text: String, bytes: [UInt8]) {
        #expect(IPAddress.bytes(of: text) == bytes)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.0004", "1.2.3.+4", "1.2.3.4 ", "1..2.3", ":",
        ":::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]",
        "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", ":1:2:3:4:5:6:7:8", "::+1", "１.2.3.4", "::/0",
    ])
    func `anything else is no literal`(text: String) {
        #expect(IPAddress.bytes(of: text) == nil)
    }

    @Test(arguments: [
        "0.0.0.0", "10.20.30.40", "::", "::1", "1::", "2001:db8::1", "1:0:0:2::3", "1::2:0:0:3:4", "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:0", "1:0:3:0:5:0:7:0",
    ])
    func `the canonical text reads back as itself`(text: String) throws {
        #expect(IPAddress.text(of: try #require(IPAddress.bytes(of: text))) == text)
    }

    @Test func `a block holds the addresses that share its prefix`() throws {
        let block = AddressBlock(bytes: [10, 0xC0, 0, 0], prefix: 10)
        #expect(block.contains([10, 0xC0, 1, 1]))
        #expect(block.contains([10, 0xFF, 0, 0]))
        #expect(!block.contains([10, 0xBF, 0, 0]))
        #expect(block.contains(try #require(IPAddress.bytes(of: "::ffff:10.192.0.1"))))
        #expect(!block.contains(try #require(IPAddress.bytes(of: "::10.192.0.1"))))
    }

    @Test func `a block of mapped addresses is the IPv4 block`() throws {
        let mapped = AddressBlock(bytes: try #require(IPAddress.bytes(of: "::ffff:10.0.0.0")), prefix: 104)
        #expect(mapped.unmapped == AddressBlock(bytes: [10, 0, 0, 0], prefix: 8))
        #expect("\(mapped.unmapped)" == "10.0.0.0/8")
        let wide = AddressBlock(bytes: Array(repeating: 0, count: 16), prefix: 0)
        #expect(wide.unmapped == wide)
    }

    @Test(
        arguments: [
            ([10, 1, 2, 3], 8, [10, 0, 0, 0]), ([10, 1, 2, 3], 0, [0, 0, 0, 0]),
            ([10, 1, 2, 255], 30, [10, 1, 2, 252]),
        ]
            as [([UInt8], Int, [UInt8])])
    func `the network of a block has no bit beyond the prefix`(bytes: [UInt8], prefix: Int, network: [UInt8]) {
        #expect(AddressBlock(bytes: bytes, prefix: prefix).network.bytes == network)
    }
}
