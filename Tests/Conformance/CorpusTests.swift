import StentTestKit
import Testing

/// What keeps the scripts from losing their subject.
struct CorpusTests {
    @Test func `every script can be read`() throws {
        #expect(try !Corpus.cases.get().isEmpty)
    }

    @Test func `an id names one case`() throws {
        let places = Dictionary(grouping: try Corpus.cases.get(), by: \.id)
        let shared = places.values.filter { $0.count > 1 }.map { $0.map(\.place.description) }
        #expect(shared.isEmpty)
    }

    @Test func `no two cases do the same`() throws {
        let cases = try Corpus.cases.get()
        let same = Dictionary(grouping: cases, by: Self.conduct).values.filter { $0.count > 1 }.map { $0.map(\.id) }
        #expect(same.isEmpty)
    }

    @Test func `every case says what client, upstream and audit must show`() throws {
        let silent = try Corpus.cases.get().filter { wireCase in
            let clients = wireCase.clients
            return clients.isEmpty || !clients.allSatisfy { $0.asserts || $0.endsBadly }
                || wireCase.upstream?.asserts != true || wireCase.audit?.steps.isEmpty != false
        }
        #expect(silent.map(\.id) == [])
    }

    @Test(arguments: [(WireCase.Tag.request, 300), (.upstream, 60), (.control, 50)])
    func `there are enough hostile requests, hostile answers and requests that must pass`(
        tag: WireCase.Tag, least: Int
    ) throws {
        #expect(try Corpus.cases.get().count { $0.tag == tag } >= least)
    }

    /// All that the peers send and the settings they send it to, without what is expected.
    private static func conduct(of wireCase: WireCase) -> String {
        var text = wireCase.configuration.document(upstreamPort: 0)
        for step in wireCase.clients.flatMap(\.steps) { text += step.action.conduct }
        for step in wireCase.upstream?.steps ?? [] { text += step.action.conduct }
        return text
    }
}
