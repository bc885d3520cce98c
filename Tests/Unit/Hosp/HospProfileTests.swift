import HospKit
import Testing

@Suite struct HospProfileTests {
    private func parse(_ text: String) throws -> Profile {
        try ProfileFile.parse([UInt8](text.utf8))
    }

    @Test(arguments: Profile.builtIn)
    func `a profile that was written is read back as it was`(profile: Profile) throws {
        var writer = JSONWriter()
        ProfileFile.write(profile, to: &writer)
        #expect(try ProfileFile.parse(writer.bytes) == profile)
    }

    @Test func `a file states what differs from its base`() throws {
        var expected = Profile.faulty
        expected.name = "mine"
        expected.threads = 2
        expected.slowSeconds = 1...3
        expected.rates.reset = 0.25
        #expect(
            try parse(#"{"base":"faulty","name":"mine","threads":2,"slow-seconds":[1,3],"rates":{"reset":0.25}}"#)
                == expected)
    }

    @Test(arguments: [
        ("{", "not JSON: expected a key at byte 1"),
        ("3", "a profile is the name of one or a JSON object"),
        (#""sunny""#, "no profile is called \"sunny\""),
        (#"{"thread":1}"#, "a profile has no \"thread\""),
        (#"{"threads":0}"#, "threads must be an integer from 1 to 100000"),
        (#"{"threads":"5"}"#, "threads must be"),
        (#"{"quick-ms":[5,1]}"#, "quick-ms must be [lowest, highest]"),
        (#"{"quick-ms":[1,2,3]}"#, "quick-ms must be [lowest, highest]"),
        (#"{"rates":{"500":0.1}}"#, "rates has no \"500\""),
        (#"{"rates":{"reset":1.5}}"#, "rates.reset must be a number from 0.0 to 1.0"),
        (#"{"rates":{"reset":0.6,"truncate":0.6}}"#, "rates add up to 1.2"),
        (#"{"factors":{"notes":-1}}"#, "factors.notes must be"),
        (#"{"outage":"yes"}"#, "outage must be one of none, refuse, reset, errors"),
    ])
    func `a wrong profile is refused with a sentence that names the setting`(text: String, expected: String) {
        let problem = #expect(throws: ProfileFile.Problem.self) { try parse(text) }
        #expect(problem?.description.hasPrefix(expected) == true, "\(problem?.description ?? "")")
    }

    @Test func `an injection is read with all it can say`() throws {
        let text = #"{"kind":"reset","count":3,"method":"post","path-prefix":"/notes","committed":true}"#
        var expected = Injection(.fault(.reset), count: 3, method: "POST", pathPrefix: "/notes")
        expected.committed = true
        #expect(try Injection.parse(JSONReader.read([UInt8](text.utf8))) == expected)
    }

    @Test(arguments: [
        ("[]", "the body must be a JSON object"), ("{}", "kind must be one of"),
        (#"{"kind":"x"}"#, "kind must be one of"),
        (#"{"kind":"reset","count":0}"#, "count must be"), (#"{"kind":"delay"}"#, "kind \"delay\" needs delay-ms"),
        (#"{"kind":"reset","delay-ms":1}"#, "delay-ms goes with kind \"delay\""),
        (#"{"kind":"refuse","method":"GET"}"#, "kind \"refuse\" concerns connections"),
        (#"{"kind":"reset","path-prefix":"notes"}"#, "path-prefix must be"),
        (#"{"kind":"500-after","committed":false}"#, "committed must be"),
        (#"{"kind":"truncate","variant":"x"}"#, "variant must be one of missing-final-chunk"),
        (#"{"kind":"reset","variant":"x"}"#, "variant goes with"),
        (#"{"kind":"reset","cuont":1}"#, "an injection has no"),
    ])
    func `a wrong injection is refused with a sentence that says why`(text: String, expected: String) throws {
        let json = try JSONReader.read([UInt8](text.utf8))
        let problem = #expect(throws: ProfileFile.Problem.self) { try Injection.parse(json) }
        #expect(problem?.description.hasPrefix(expected) == true, "\(problem?.description ?? "")")
    }

    @Test func `no more jobs are in service than there are threads, and the others start in order`() {
        var gate = ThreadGate<Int>(threads: 2)
        for job in 1...2500 { gate.enqueue(job) }
        #expect([gate.start(), gate.start(), gate.start()] == [1, 2, nil])
        #expect(gate.queued == 2498 && gate.inService == 2)
        for job in 3...2500 {
            gate.finish()
            #expect(gate.start() == job)
        }
        gate.threads = 1
        gate.enqueue(0)
        gate.finish()
        #expect(gate.start() == nil)
        gate.finish()
        #expect(gate.start() == 0)
    }
}
