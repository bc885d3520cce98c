import StentModel

/// How much concurrent identical misses may be made one fetch.
package struct FlightBounds: Sendable, Equatable {
    /// Fetches under way at a time; beyond, requests go alone.
    package var flights = 4_096
    /// Requests that wait, for all fetches together.
    package var waiters = 65_536
    package var waitersPerFlight = 8_192
    /// Nobody joins a fetch that has been under way for longer.
    package var joinable = TimeSpan.seconds(10)
    /// Those who wait for a fetch are let go after this.
    package var lifetime = TimeSpan.seconds(60)
    /// Keys remembered as uncacheable; the oldest give way.
    package var uncacheable = 4_096
    package var uncacheableFor = TimeSpan.seconds(2)

    package init() {}
}
