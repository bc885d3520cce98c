/// Whom limits and fairness count a request for: a number made from the credentials by a key that only this process has,
/// or from the client's address where there are none. Two callers may share one by chance, at 1 in 2^64; it decides about turns, never
/// about rights.
package struct CallerKey: Sendable, Hashable {
    package var value: UInt64

    package init(_ value: UInt64) { self.value = value }
}
