/// Bounds on a head. They bound the memory that a connection can hold before anything is known of it.
package struct HeadLimits: Sendable, Equatable {
    /// Bytes of the whole head: start line, fields and the empty line. At most 1 GiB: a slot counts in 32 bits.
    package var bytes: Int
    /// Field lines.
    package var fields: Int
    /// Bytes of a request target; not looked at in responses.
    package var target: Int

    package init(bytes: Int, fields: Int, target: Int) {
        self.bytes = min(bytes, 1 << 30)
        self.fields = fields
        self.target = target
    }
}
