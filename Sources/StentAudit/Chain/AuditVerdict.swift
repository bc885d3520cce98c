/// What a verification found.
package struct AuditVerdict: Sendable, Equatable {
    package struct Summary: Sendable, Equatable {
        package var segments = 0
        /// Good or not.
        package var lines = 0
        package var bytes = 0
        /// Of these, lines from before there was a chain.
        package var unchained = 0
        package var trail: TrailID?
        /// The lowest and the highest number that is there.
        package var first: Int?
        package var last: Int?
        /// The lines up to this one are gone rightly.
        package var agedOutThrough: Int?
        package var sealsGood = 0
        /// Seals that were not looked into, because no key was given.
        package var sealsUnverified = 0
        /// A seal vouches for all up to this number, since this time.
        package var sealedThrough: Int?
        package var sealedAt: String?
        /// Lines that came since the last good seal.
        package var linesSince = 0
        package var keysLearned: [AuditKeyID] = []

        package init() {}
    }

    /// In the order of the trail; those about files beside it last.
    package var findings: [AuditFinding]
    /// Findings that there was no room for.
    package var furtherFindings: Int
    package var summary: Summary

    package var isWhole: Bool { findings.isEmpty && furtherFindings == 0 }
}
