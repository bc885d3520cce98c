import StentModel

/// Which lines of the trail somebody wants to see. Everything that is said must hold; of several values of one kind, one.
package struct TrailFilter: Sendable {
    package var since: WallTime?
    /// Lines of this time are no longer wanted.
    package var until: WallTime?
    /// Names or ids of who asked.
    package var users: [String] = []
    package var notes: [String] = []
    package var patients: [String] = []
    /// Part of a route's name.
    package var routes: [String] = []
    package var statuses: [StatusFilter] = []
    /// The request itself, and what stent asked for it.
    package var ids: [String] = []
    /// Refused by a policy, or by whoever answered 401 or 403; what only would have been refused too.
    package var denied = false
    /// Answered with 5xx or not at all, or nobody knows what became of it.
    package var failed = false

    package init() {}

    /// Whether it is about exchanges, so that lines about stent itself are not meant.
    package var isAboutExchanges: Bool {
        denied || failed
            || [users.isEmpty, notes.isEmpty, patients.isEmpty, routes.isEmpty, statuses.isEmpty, ids.isEmpty]
                .contains(false)
    }

    package func matches(_ record: TrailRecord) -> Bool {
        guard isInTime(record.time) else { return false }
        guard isAboutExchanges else { return true }
        guard record.phase != nil else { return false }
        if !ids.isEmpty, !ids.contains(where: { $0 == record.id || $0 == record.parent }) { return false }
        if !users.isEmpty, !users.contains(where: { $0 == record.user || $0 == record.staff }) { return false }
        if !notes.isEmpty, !notes.contains(where: { Self.isAbout("note", "notes", $0, record) }) { return false }
        if !patients.isEmpty, !patients.contains(where: { isAbout(patient: $0, record) }) { return false }
        if !routes.isEmpty {
            guard let route = record.route, routes.contains(where: { Self.contains(route, $0) }) else { return false }
        }
        return matchesOutcome(record)
    }

    private func matchesOutcome(_ record: TrailRecord) -> Bool {
        guard denied || failed || !statuses.isEmpty else { return true }
        // An intent has no end yet.
        guard record.phase == .outcome else { return false }
        let status = record.status
        if !statuses.isEmpty, !statuses.contains(where: { $0.matches(status) }) { return false }
        guard denied || failed else { return true }
        if failed, status.map({ $0 >= 500 }) ?? true || record.outcome == "unknown" { return true }
        return denied && (status == 401 || status == 403 || record.decisions.contains(where: \.isRefusal))
    }

    private func isInTime(_ time: String?) -> Bool {
        guard since != nil || until != nil else { return true }
        guard let time = time.flatMap(TrailTime.stamp) else { return false }
        if let since, time.nanoseconds < since.nanoseconds { return false }
        if let until, time.nanoseconds >= until.nanoseconds { return false }
        return true
    }

    private func isAbout(patient id: String, _ record: TrailRecord) -> Bool {
        record.patient == id || Self.isAbout("patient", "patients", id, record)
    }

    /// By the record's kind and id, or by its place in the path: `/patients/12`, `/patients/12.json`,
    /// `/patients/12/screen`.
    private static func isAbout(_ type: String, _ collection: String, _ id: String, _ record: TrailRecord) -> Bool {
        if record.resourceType == type, record.resourceID == id { return true }
        guard let path = record.path else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return zip(parts, parts.dropFirst()).contains { $0 == collection && ($1 == id || $1 == "\(id).json") }
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let text = Array(text.utf8)
        let part = Array(part.utf8)
        guard !part.isEmpty else { return true }
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0...].starts(with: part) }
    }
}
