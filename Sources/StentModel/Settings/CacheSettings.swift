/// `cache`: answers are kept, and given again.
package struct CacheSettings: Sendable, Equatable {
    /// What a request's own Cache-Control and Pragma count for (RFC 9111 §5.2.1, §5.4).
    package enum RequestDirectives: String, Sendable, CaseIterable {
        /// A client may ask for something fresher, for something staler, or for nothing of it to be kept.
        case honour
        /// Nothing: no client can force a request upstream.
        case ignore
    }

    /// `cache.disk`: copies that survive a restart.
    package struct Disk: Sendable, Equatable {
        /// Files take no more than this.
        package var size = ByteCount.gibibytes(1)
        /// `nil` is `cache` in the state directory.
        package var directory: String?
        /// The file with the key that copies are encrypted with; `nil` is `cache.key` in the directory.
        package var key: String?

        package init() {}
    }

    /// The share of `memory` that one answer may take at most: 1 / 32. There are shards, and an answer that filled one
    /// would turn out everything else in it.
    package static let entryShare = 32

    /// What is kept takes no more memory than this, all workers together.
    package var memory = ByteCount.mebibytes(256)
    /// The largest content that is kept, as it was set; `largestEntry` is what holds.
    package var entry = ByteCount.mebibytes(1)
    package var requestDirectives = RequestDirectives.honour
    /// How long a request waits for the answer to an identical one before it goes upstream by itself.
    package var collapseWait = Duration.seconds(30)

    /// `nil`: copies are in memory alone.
    package var disk: Disk?

    package init() {}

    /// The largest content that is kept: `entry`, or what `memory` has room for.
    package var largestEntry: ByteCount { min(entry, ByteCount(memory.value / Self.entryShare)) }
}

/// `routes[].cache`: what is kept of a route's answers to GET, and for whom.
package struct RouteCacheSettings: Sendable, Equatable {
    /// Who gets a copy.
    package enum Scope: String, Sendable, CaseIterable {
        /// The caller who asked, and nobody else.
        case caller
        /// Every caller whose credentials are proven.
        case proven
        /// Whoever asks, with credentials or without.
        case everyone
        /// Nobody: nothing is kept.
        case off
    }

    /// Tags of one route, at most: an answer is in at most eight groups that are made invalid together, and its path is
    /// one of them.
    package static let mostTags = 6

    package var scope = Scope.caller
    /// How long a good answer is fresh; `nil` is as the upstream says. So are the next three.
    package var ttl: Duration?
    package var staleWhileRevalidate: Duration?
    package var staleIfError: Duration?
    /// How long a 404 or 410 is fresh.
    package var negative: Duration?
    /// `override`: what is set here holds against the upstream's directives, but for no-store.
    package var mayLengthen = false
    /// Names under which what is kept of the route can be made invalid together.
    package var tags: [String] = []

    package init() {}

    /// What it says of freshness; `nil` where that is left to the upstream alone.
    package var freshness: CacheOverride? {
        guard ttl != nil || staleWhileRevalidate != nil || staleIfError != nil || negative != nil else { return nil }
        var freshness = CacheOverride()
        freshness.ttl = ttl.map(TimeSpan.init)
        freshness.staleWhileRevalidate = staleWhileRevalidate.map(TimeSpan.init)
        freshness.staleIfError = staleIfError.map(TimeSpan.init)
        freshness.negativeTTL = negative.map(TimeSpan.init)
        freshness.mayLengthen = mayLengthen
        return freshness
    }
}

extension Settings {
    /// Who may get a copy of a route's answers; `nil` where nothing is kept.
    ///
    /// - Parameter route: `nil` for a request that no route matches. Such a one, and a route without `cache`, has what the
    ///   upstream's directives allow (RFC 9111): for everybody, or for each caller apart where callers are known.
    package func cacheSharing(on route: RouteSettings?) -> CacheSharing? {
        guard cache != nil else { return nil }
        switch route?.cache?.scope {
        case .off: return nil
        case .caller: return .caller
        case .proven: return .proven
        case .everyone: return .everyone
        case nil: return identity == nil ? .everyone : .caller
        }
    }
}

/// The path of a resource, with places that are filled from the path of a request: `/patients/{id}/notes`.
package struct PathTemplate: Sendable, Hashable {
    package enum Segment: Sendable, Hashable {
        /// This text, percent-decoded.
        case literal(String)
        /// The segment of the request's path to which the route's `match` gives this name.
        case place(String)
    }

    /// As it was written.
    package var text: String
    /// Empty for `/`.
    package var segments: [Segment]

    package init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }
}
