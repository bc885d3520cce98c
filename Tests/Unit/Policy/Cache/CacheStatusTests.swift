import StentModel
import StentPolicy
import Testing

@Suite struct `Cache-Status (RFC 9211)` {
    private func text(_ handling: CacheStatus.Handling, _ change: (inout CacheStatus) -> Void = { _ in }) -> String {
        var status = CacheStatus(handling)
        change(&status)
        return written { status.append(to: &$0) }
    }

    @Test func `tells of a hit, and of its freshness`() {
        #expect(text(.hit) == "stent; hit")
        #expect(text(.hit) { $0.ttl = 376 } == "stent; hit; ttl=376")
        #expect(text(.hit) { $0.ttl = -412 } == "stent; hit; ttl=-412")
    }

    @Test(arguments: CacheForward.allCases)
    func `tells why a request went upstream`(reason: CacheForward) {
        #expect(text(.forwarded(reason)) == "stent; fwd=\(reason.rawValue)")
    }

    @Test func `tells what came of it`() {
        let all: (inout CacheStatus) -> Void = {
            $0.forwardStatus = 304
            $0.ttl = 60
            $0.storing = .stored
            $0.isCollapsed = true
        }
        #expect(text(.forwarded(.stale), all) == "stent; fwd=stale; fwd-status=304; ttl=60; stored; collapsed")
    }

    @Test(arguments: CacheRefusal.allCases)
    func `tells why a response was not stored`(refusal: CacheRefusal) {
        let status = text(.forwarded(.uriMiss)) { $0.storing = .refused(refusal) }
        #expect(status == "stent; fwd=uri-miss; detail=\(refusal.rawValue)")
    }
}
