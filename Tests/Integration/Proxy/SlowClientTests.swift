import StentTestKit
import Testing

@Suite(.serialized) struct SlowClientTests {
    private enum Behaviour: CaseIterable { case nothing, requestLine, fieldAfterField, content, neverReads }

    /// The median time of a good client's requests, in milliseconds.
    private func median(_ stent: StentHarness) async throws -> Double {
        let client = try await stent.connect()
        var times: [Double] = []
        for number in 0..<200 {
            let began = ContinuousClock.now
            #expect(try await client.exchange(get("/\(number)")).text == "/\(number)")
            times.append((ContinuousClock.now - began) / .milliseconds(1))
        }
        await client.close()
        return times.sorted()[100]
    }

    @Test func `two hundred slow and silent clients leave a good one alone, are cut, and leave nothing`() async throws {
        let trail = try await withStent(before: { connection, _ in
            while true {
                let request = try await connection.message(within: .seconds(600))
                let body = request.target == "/large" ? String(repeating: "a", count: 4 << 20) : request.target
                try await connection.send(ok(body))
            }
        }) { settings in
            settings.timeouts.head = .seconds(3)
            settings.timeouts.bodyIdle = .seconds(3)
            settings.timeouts.writeStall = .seconds(1)
        } _: { stent, upstream async throws in
            let before = try await median(stent)
            let baseline = OpenSockets.count(ports: [stent.httpPort])
            var clients: [(connection: RawConnection, behaviour: Behaviour)] = []
            for number in 0..<200 {
                let behaviour = Behaviour.allCases[number % Behaviour.allCases.count]
                let connection = try await stent.connect(receiveBuffer: 4_096)
                switch behaviour {
                case .nothing: break
                case .requestLine: try await connection.send("G")
                case .fieldAfterField: try await connection.send("GET / HTTP/1.1\r\n")
                case .content: try await connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
                case .neverReads: try await connection.send(get("/large"))
                }
                clients.append((connection, behaviour))
            }
            let during = try await withThrowingTaskGroup(of: Double?.self) { group in
                group.addTask { try await median(stent) }
                for client in clients {
                    group.addTask {
                        await Self.trickle(client.connection, client.behaviour)
                        return nil
                    }
                }
                var result = 0.0
                for try await value in group { result = value ?? result }
                return result
            }
            #expect(during < max(25, before * 10), "\(before) ms alone, \(during) ms among slow clients")
            #expect(await eventually { try await stent.metric("stent_connections_open") <= 1 }, "all are cut")
            for client in clients { await client.connection.close() }
            #expect(await eventually { OpenSockets.count(ports: [stent.httpPort]) <= baseline })
            #expect(try await stent.metric("stent_exchanges_active") == 0)
        }
        let reasons = Dictionary(grouping: trail.compactMap(\.reason)) { $0 }.mapValues(\.count)
        #expect(reasons["request.head-timeout"] == 80, "\(reasons)")
        #expect(reasons["request.body-timeout"] == 40, "\(reasons)")
        #expect(reasons["client.stalled"] == 40, "\(reasons)")
        #expect(reasons["exchange.answered"] == 400, "\(reasons)")
    }

    /// A byte now and then until it is cut; who never reads does not even see that.
    private static func trickle(_ connection: RawConnection, _ behaviour: Behaviour) async {
        guard behaviour != .neverReads else { return }
        let end = ContinuousClock.now.advanced(by: .seconds(20))
        while ContinuousClock.now < end {
            do {
                guard try await connection.receive(within: .milliseconds(100)) != nil else { return }
            } catch RawConnectionError.timedOut {
                guard behaviour == .fieldAfterField || behaviour == .content else { continue }
                try? await connection.send("a")
            } catch {
                return
            }
        }
        Issue.record("a slow client was not cut in 20 s")
    }
}
