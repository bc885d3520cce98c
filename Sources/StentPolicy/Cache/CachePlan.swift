import StentModel

/// What a route says of the cache.
package struct CachePlan: Sendable, Equatable {
    /// Who may get a copy of what one caller was answered.
    package var sharing: CacheSharing
    /// `nil`: freshness is as the upstream says.
    package var override: CacheOverride?
    /// What its answers are purged by, beside their paths.
    package var tags: [[UInt8]]

    package init(sharing: CacheSharing = .everyone, override: CacheOverride? = nil, tags: [[UInt8]] = []) {
        self.sharing = sharing
        self.override = override
        self.tags = tags
    }
}
