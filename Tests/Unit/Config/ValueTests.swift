import StentConfig
import StentModel
import Testing

@Suite struct ValueTests {
    @Test(arguments: [
        ("1ms", Duration.milliseconds(1)), ("10m", .seconds(600)), ("007s", .seconds(7)), ("\"5s\"", .seconds(5)),
        ("600000ms", .seconds(600)),
    ])
    func `a duration is a whole number and a unit`(text: String, duration: Duration) throws {
        #expect(try Loading.settings("timeouts: { head: \(text) }").timeouts.head == duration)
    }

    @Test(arguments: ["5", "5S", "s", "5ss", "-5s", "+5s", "5 s", "1h5m", "٥s", "5.s", "''", "0x5s"])
    func `anything else is no duration`(text: String) {
        #expect(Loading.codes("timeouts: { head: \(text) }") == [.wrongType])
    }

    @Test(arguments: ["0ms", "601s", "11m", "9223372036854775807d", "99999999999999999999ms"])
    func `a duration beyond its range is refused, whatever its size`(text: String) {
        #expect(Loading.codes("timeouts: { head: \(text) }") == [.outOfRange])
    }

    @Test(arguments: [("0B", 0), ("1KiB", 1_024), ("3MiB", 3 << 20), ("1024GiB", 1 << 40), ("1024B", 1_024)])
    func `a size is a whole number and a binary unit`(text: String, bytes: Int) throws {
        #expect(try Loading.settings("limits: { body: \(text) }").limits.body == ByteCount(bytes))
    }

    @Test(arguments: ["1", "1K", "1KB", "1kib", "1Kib", "1TiB", "1 KiB", "-1B", "1B/s", "1e3B"])
    func `anything else is no size`(text: String) {
        #expect(Loading.codes("limits: { body: \(text) }") == [.wrongType])
    }

    @Test(arguments: ["1025GiB", "9223372036854775807GiB", "18446744073709551616B"])
    func `a size beyond its range is refused, whatever its size`(text: String) {
        #expect(Loading.codes("limits: { body: \(text) }") == [.outOfRange])
    }

    @Test(arguments: [("12", 12), ("0o17", 15), ("0x1F", 31), ("+12", 12), ("0012", 12)])
    func `a whole number is read as the core schema of YAML 1 2 reads it`(text: String, number: Int) throws {
        #expect(try Loading.settings("workers: \(text)").workers == number)
    }

    @Test(arguments: ["1_2", "1.0", "0b11", "0o8", "0x", "+", "--1", "+0x1", "1e1", "\"12\"", "'12'", "１２", "Auto"])
    func `anything else is no whole number`(text: String) {
        #expect(Loading.codes("workers: \(text)") == [.wrongType])
    }

    @Test(arguments: ["0", "257", "-1", "-9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFFFF"])
    func `a whole number beyond its range is refused, whatever its size`(text: String) {
        #expect(Loading.codes("workers: \(text)") == [.outOfRange])
    }

    @Test func `off is no deadline`() throws {
        #expect(
            try Loading.load(Loading.required.replacing("3000\"]", with: "3000\"], deadline: off")).get().settings
                .upstream.deadline == nil)
    }

    @Test func `the words of YAML 1 1 are keys and words like any other`() throws {
        // `on` is a key here, and would be the boolean true by YAML 1.1.
        #expect(try Loading.settings("retry: { on: [connect] }").retry.causes == [.connect])
        #expect(try Loading.settings("state: { directory: no }").state.directory == "no")
        #expect(Loading.codes("requests: { refuse_method_override: no }") == [.wrongType])
    }

    @Test(arguments: [
        ("http://h", UpstreamServer(isTLS: false, host: "h", port: 80)),
        ("https://h/", UpstreamServer(isTLS: true, host: "h", port: 443)),
        ("http://[::1]:3000", UpstreamServer(isTLS: false, host: "::1", port: 3000)),
        ("http://[2001:db8::1]", UpstreamServer(isTLS: false, host: "2001:db8::1", port: 80)),
        ("https://a_b.c-d.example:65535", UpstreamServer(isTLS: true, host: "a_b.c-d.example", port: 65_535)),
    ])
    func `a server is a scheme, a host and perhaps a port`(text: String, server: UpstreamServer) throws {
        let yaml = Loading.required.replacing("http://127.0.0.1:3000", with: text)
        #expect(try Loading.load(yaml).get().settings.upstream.servers == [server])
    }

    @Test(arguments: [
        "", "h", "HTTP://h", "http:/h", "http://h:", "http://h:65536", "http://h:+80", "http://h:080000", "http://[h]",
        "http://[127.0.0.1]", "http://1.2.3", "http://a..b", "http://h?x", "http://h#x", "http://h//", "http://a b",
        "http://ä.example", "http://[::1]x", "http://::1:80", "http://u@h", "http://-a",
    ])
    func `anything else is no server`(text: String) {
        guard case .failure = Loading.load(Loading.required.replacing("http://127.0.0.1:3000", with: text)) else {
            Issue.record("accepted")
            return
        }
    }

    @Test(arguments: [
        ("0.0.0.0:0", "0.0.0.0", 0), ("[::]:8443", "::", 8_443), ("[::ffff:1.2.3.4]:1", "::ffff:1.2.3.4", 1),
    ])
    func `an address is an IP literal and a port`(text: String, host: String, port: Int) throws {
        let yaml = Loading.required.replacing("127.0.0.1:8080", with: text)
        #expect(try Loading.load(yaml).get().settings.listen.http?.address == ListenAddress(host: host, port: port))
    }
}
