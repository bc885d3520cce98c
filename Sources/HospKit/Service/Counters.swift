/// What has been counted since start or reset.
package struct Counters: Sendable, Equatable {
    /// Complete requests.
    package var arrived = 0
    package var arrivedByMethod: [String: Int] = [:]
    /// By method after override and pattern, such as `GET /notes/{id}`.
    package var arrivedByRoute: [String: Int] = [:]
    /// Faults that were applied, delays and refused connections included.
    package var faults: [String: Int] = [:]
    /// Answers by status, truncated ones included; resets and malformed answers have none.
    package var answeredByStatus: [Int: Int] = [:]
    /// Changes of the store by kind and resource, such as `created notes`.
    package var commits: [String: Int] = [:]
    package var connectionsOpened = 0
    package var connectionsOpen = 0
    /// Connections that were reset as they came.
    package var connectionsRefused = 0
    /// Requests that the HTTP reader could not make sense of; no arrivals.
    package var unparsable = 0
    /// Requests that arrived and whose work is not over, queued ones included.
    package var inFlight = 0
    package var maximumInFlight = 0
    package var inService = 0
    package var maximumInService = 0

    /// A new count that begins with what is open now.
    func restarted() -> Counters {
        var fresh = Counters()
        fresh.connectionsOpen = connectionsOpen
        return fresh
    }

    package func write(to writer: inout JSONWriter) {
        func group(_ name: String, _ counts: [String: Int]) {
            writer.key(name)
            writer.value(.object(counts.mapValues { .integer($0) }))
        }
        writer.beginObject()
        writer.member("arrived", arrived)
        group("arrived-by-method", arrivedByMethod)
        group("arrived-by-route", arrivedByRoute)
        group("faults", faults)
        group("answered-by-status", Dictionary(answeredByStatus.map { (String($0), $1) }) { first, _ in first })
        group("commits", commits)
        writer.member("connections-opened", connectionsOpened)
        writer.member("connections-open", connectionsOpen)
        writer.member("connections-refused", connectionsRefused)
        writer.member("unparsable", unparsable)
        writer.member("in-flight", inFlight)
        writer.member("maximum-in-flight", maximumInFlight)
        writer.member("in-service", inService)
        writer.member("maximum-in-service", maximumInService)
        writer.endObject()
    }
}
