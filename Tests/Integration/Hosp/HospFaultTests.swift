import HospKit
import StentTestKit
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct HospFaultTests {
    private let note = #"{"title":"t","body":"b","patient_id":1,"staff_id":1}"#

    @Test func `a 500 before the work leaves no record and one after it does`() async throws {
        try await withHosp { hosp, client in
            try await hosp.inject(Injection(.fault(.errorBefore), method: "POST"))
            #expect(HospWireAnswer(try await client.ask("POST", "/notes", json: note))?.status == 500)
            #expect(try await hosp.records().count(.notes) == 80)
            try await hosp.inject(Injection(.fault(.errorAfter), method: "POST", pathPrefix: "/notes"))
            #expect(HospWireAnswer(try await client.ask("GET", "/notes/1"))?.status == 200)
            let answer = try #require(HospWireAnswer(try await client.ask("POST", "/notes", json: note)))
            #expect(answer.status == 500 && answer.body.count == 1635)
            #expect(try await hosp.records().find(.notes, 81)?.text("title") == "t")
            let log = try await hosp.arrivals()
            #expect(log.map(\.fault) == [.errorBefore, nil, .errorAfter])
            #expect(log.map { $0.commit != nil } == [false, false, true])
        }
    }

    @Test(arguments: [false, true])
    func `a reset shows as one, before or after the work`(committed: Bool) async throws {
        try await withHosp { hosp, client in
            var order = Injection(.fault(.reset))
            order.committed = committed
            try await hosp.inject(order)
            let reply = try await client.ask("POST", "/notes", json: note)
            #expect(reply.ending == .reset && reply.bytes.isEmpty)
            #expect(try await hosp.records().count(.notes) == (committed ? 81 : 80))
            #expect(try await hosp.arrivals().first?.status == nil)
        }
    }

    @Test(arguments: Truncation.allCases)
    func `a truncated answer is visibly so, and the work is done`(truncation: Truncation) async throws {
        try await withHosp { hosp, client in
            var order = Injection(.fault(.truncate))
            order.truncation = truncation
            try await hosp.inject(order)
            let reply = try await client.ask("POST", "/notes", json: note)
            #expect(HospWireAnswer(reply) == nil)
            #expect(reply.ending == (truncation == .resetInBody ? .reset : .closed))
            switch truncation {
            case .missingFinalChunk, .resetInBody:
                #expect(reply.text.contains("Transfer-Encoding: chunked") && !reply.text.hasSuffix("0\r\n\r\n"))
            case .shortBody: #expect(reply.text.contains("Content-Length: "))
            case .shortHead: #expect(!reply.bytes.isEmpty && !reply.text.contains("\r\n\r\n"))
            }
            #expect(try await hosp.records().count(.notes) == 81)
        }
    }

    @Test(arguments: ["HEAD", "DELETE"])
    func `an answer without a body breaks off in its head`(method: String) async throws {
        try await withHosp { hosp, client in
            try await hosp.inject(Injection(.fault(.truncate)))
            let reply = try await client.ask(method, "/notes/3")
            #expect(reply.text.hasPrefix("H") && !reply.text.contains("\r\n\r\n"))
        }
    }

    @Test(arguments: Malformation.allCases)
    func `a malformed answer is no HTTP, and the work is done`(malformation: Malformation) async throws {
        try await withHosp { hosp, client in
            var order = Injection(.fault(.malformed))
            order.malformation = malformation
            try await hosp.inject(order)
            let reply = try await client.ask("POST", "/notes", json: note)
            let expected =
                switch malformation {
                case .badStatusLine: "200 OK HTTP/1.1\r\n"
                case .badStatusCode: "HTTP/1.1 2OO OK\r\n"
                case .badVersion: "HTTP/7.3 200 OK\r\n"
                case .badChunkSize: "\r\n\r\nxyz\r\n"
                case .chunkOverrun: "\r\n+{\"id\""
                case .fieldWithoutColon: "\r\nContent-Type application/json\r\n"
                case .twoLengths: "\r\nContent-Length: "
                case .lengthNotNumber: "\r\nContent-Length: -"
                case .controlByteInField: "0.1\u{0}2\r\n"
                }
            #expect(reply.text.contains(expected))
            #expect(reply.ending == .closed)
            #expect(try await hosp.records().count(.notes) == 81)
        }
    }

    @Test func `the same seed and the same requests meet the same faults`() async throws {
        var profile = Profile.brownout
        profile.rates = .init(errorBefore: 0.3, errorAfter: 0.1, reset: 0.1, truncate: 0.1, malformed: 0.1)
        var runs: [[Fault?]] = []
        for seed in [5, 5, 6] as [UInt64] {
            try await withHosp(seed: seed, profile: profile) { hosp, client in
                for number in 1...60 { _ = try await client.ask("GET", "/notes/\(number)") }
                runs.append(try await hosp.arrivals().map(\.fault))
                try await hosp.reset()
                for number in 1...60 { _ = try await client.ask("GET", "/notes/\(number)") }
                #expect(try await hosp.arrivals().map(\.fault) == runs.last)
            }
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
        #expect(Set(runs[0].compactMap(\.self)) == Set(Fault.allCases))
    }

    @Test func `an outage refuses connections, and afterwards the records are there`() async throws {
        try await withHosp { hosp, client in
            _ = try await client.ask("POST", "/notes", json: note)
            try await hosp.setProfile(.outage)
            #expect(try await client.isRefused())
            try await hosp.setProfile(.calm)
            #expect(HospWireAnswer(try await client.ask("GET", "/notes/81"))?.status == 200)
        }
    }

    @Test func `an outage may also reset connections or answer nothing but 500`() async throws {
        try await withHosp { hosp, client in
            try await hosp.setProfile(try #require(Profile.named("outage-reset")))
            #expect(try await client.ask("GET", "/").ending == .reset)
            try await hosp.setProfile(try #require(Profile.named("outage-errors")))
            #expect(HospWireAnswer(try await client.ask("POST", "/notes", json: note))?.status == 500)
            #expect(try await hosp.records().count(.notes) == 80)
            let counters = try await hosp.counters()
            #expect(counters.connectionsRefused == 1 && counters.answeredByStatus == [500: 1])
        }
    }

    @Test func `what is in flight when an outage begins is never done`() async throws {
        try await withHosp { hosp, client in
            try await hosp.inject(Injection(.delay(milliseconds: 60_000)))
            async let reply = client.ask("POST", "/notes", json: note)
            #expect(await eventually { try await hosp.counters().inService > 0 })
            try await hosp.setProfile(.outage)
            #expect(try await reply.ending == .reset)
            let counters = try await hosp.counters()
            #expect(counters.inFlight == 0 && counters.inService == 0)
            #expect(try await hosp.arrivals().first?.isFinished == true)
            #expect(try await hosp.records().count(.notes) == 80)
        }
    }

    @Test func `refused connections can be ordered one by one`() async throws {
        try await withHosp { hosp, client in
            try await hosp.inject(Injection(.refuse, count: 2))
            for _ in 1...2 { #expect(try await client.ask("GET", "/").ending == .reset) }
            #expect(HospWireAnswer(try await client.ask("GET", "/"))?.status == 200)
            #expect(try await hosp.counters().connectionsRefused == 2)
        }
    }

    @Test func `no more than the stated number is in service, the others wait`() async throws {
        var profile = Profile.calm
        profile.threads = 2
        try await withHosp(profile: profile) { hosp, client in
            try await hosp.inject(Injection(.delay(milliseconds: 300), count: 6))
            try await withThrowingTaskGroup(of: HospWireClient.Reply.self) { group in
                for number in 1...6 { group.addTask { try await client.ask("GET", "/notes/\(number)") } }
                for try await reply in group { #expect(HospWireAnswer(reply)?.status == 200) }
            }
            let counters = try await hosp.counters()
            #expect(counters.maximumInService == 2)
            #expect(counters.maximumInFlight > 2)
        }
    }

    @Test func `past the load balancer's patience the answer is 504, and the work is done all the same`() async throws {
        var profile = Profile.calm
        profile.gatewayTimeout = 500
        try await withHosp(timeScale: 0.1, profile: profile) { hosp, client in
            try await hosp.inject(Injection(.delay(milliseconds: 400), method: "POST"))
            #expect(HospWireAnswer(try await client.ask("POST", "/notes", json: note))?.status == 504)
            #expect(try await hosp.records().count(.notes) == 80)
            #expect(await eventually { try await hosp.counters().inFlight == 0 })
            #expect(try await hosp.records().count(.notes) == 81)
            let arrival = try #require(try await hosp.arrivals().first)
            #expect(arrival.status == 504 && arrival.commit?.id == 81)
        }
    }

    @Test func `service time is scaled`() async throws {
        var profile = Profile.calm
        profile.slowSeconds = 3...3
        profile.quickMilliseconds = 0...0
        try await withHosp(timeScale: 0.05, profile: profile) { _, client in
            let clock = ContinuousClock()
            let slow = try await clock.measure { _ = try await client.ask("GET", "/hospitals") }
            #expect(slow >= .milliseconds(150))
            let quick = try await clock.measure { _ = try await client.ask("GET", "/hospitals/1") }
            #expect(quick < slow)
        }
    }

    @Test func `a client that went away does not stop its write`() async throws {
        try await withHosp { hosp, client in
            try await hosp.inject(Injection(.delay(milliseconds: 200)))
            let channel = try await client.connect(sending: HospWireClient.request("POST", "/notes", json: note))
            #expect(await eventually { try await hosp.counters().inService > 0 })
            try await channel.close().get()
            #expect(try await hosp.records().count(.notes) == 80)
            #expect(await eventually { try await hosp.counters().inFlight == 0 })
            #expect(try await hosp.records().count(.notes) == 81)
        }
    }

    @Test func `an idle connection is closed when the profile says so`() async throws {
        var profile = Profile.calm
        profile.keepaliveMilliseconds = 20
        try await withHosp(timeScale: 1) { hosp, client in
            try await hosp.inject(Injection(.delay(milliseconds: 100)))
            async let reply = client.send(HospWireClient.request("GET", "/notes/1"))
            #expect(await eventually { try await hosp.counters().inService > 0 })
            try await hosp.setProfile(profile)
            #expect(try await reply.ending == .closed)
            #expect(HospWireAnswer(try await reply)?.status == 200)
        }
    }
}
