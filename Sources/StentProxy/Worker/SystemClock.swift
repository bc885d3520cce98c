import Glibc

/// The wall clock of the system.
package enum SystemClock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func unixNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
