import NIOCore
import StentModel
import StentPolicy

/// A stored response: immutable, shared by all loops.
final class CacheEntry: Sendable {
    let status: Int
    /// Field lines as they are sent, each with its CR LF; without Age.
    let fields: [UInt8]
    let content: ByteBuffer
    let lifetime: CacheLifetime
    let validators: CacheValidators
    /// Names that the response's Vary has (`VaryRule.Fields.names`), and what the request had under them.
    let varyNames: [UInt8]
    let varyKey: [UInt8]
    let groups: CacheGroups
    let stamp: CacheStamp

    init(
        status: Int, fields: [UInt8], content: ByteBuffer, lifetime: CacheLifetime, validators: CacheValidators,
        varyNames: [UInt8], varyKey: [UInt8], groups: CacheGroups, stamp: CacheStamp
    ) {
        self.status = status
        self.fields = fields
        self.content = content
        self.lifetime = lifetime
        self.validators = validators
        self.varyNames = varyNames
        self.varyKey = varyKey
        self.groups = groups
        self.stamp = stamp
    }

    /// What it takes in memory, beside its key.
    var bytes: Int {
        fields.capacity + content.storageCapacity + varyNames.count + varyKey.count + validators.etag.count
            + validators.lastModifiedText.count + Self.overhead
    }

    /// The object itself, and the headers of its allocations.
    private static let overhead = 320

    /// Whether it is the variant for this request (RFC 9111 §4.1).
    func fits(_ request: borrowing FieldSection) -> Bool {
        guard !varyNames.isEmpty else { return true }
        var key: [UInt8] = []
        VaryRule.appendKey(names: varyNames, of: request, to: &key)
        return key == varyKey
    }
}
