/// What a write or a purge reaches together: the path of a resource, and its tags, as hashes.
///
/// At most eight, in place. Hashes under a key of this process; that two groups share one costs a miss, never a wrong
/// answer. An entry with more tags than fit is in the group of those instead, which every purge of a tag reaches.
package struct CacheGroups: Sendable {
    private enum Kind: UInt8 {
        case path
        case tag
        case manyTags
    }

    private static let most = 8

    private var hashes = InlineArray<8, UInt32>(repeating: 0)
    private var number: UInt8 = 0

    private init() {}

    package var count: Int { Int(number) }

    package subscript(position: Int) -> UInt32 { hashes[position] }

    /// What the answer to a read is in.
    ///
    /// - Parameter path: the canonical one, without query and suffix; a `/` at its end counts for nothing.
    package static func read(path: Span<UInt8>, tags: [[UInt8]] = []) -> CacheGroups {
        var groups = CacheGroups()
        groups.add(.path, path, ..<end(of: path))
        // Beside the path there is room for seven.
        let fitting = tags.count < most ? tags.count : most - 2
        for tag in tags.prefix(fitting) { groups.add(.tag, tag.span, ..<tag.count) }
        if fitting < tags.count { groups.add(.manyTags, path, ..<0) }
        return groups
    }

    /// What a write to a path changes: the resource itself, and the collection it is in, which is its parent.
    ///
    /// A filtered list is in the group of its path, so it is reached, too. The root is no collection: a write to `/notes`
    /// leaves `/` alone. Other resources that a write changes are for the route to name.
    package static func written(path: Span<UInt8>) -> CacheGroups {
        var groups = CacheGroups()
        let end = end(of: path)
        groups.add(.path, path, ..<end)
        var slash = end - 1
        while slash > 0, path[slash] != UInt8(ascii: "/") { slash -= 1 }
        if slash > 0 { groups.add(.path, path, ..<slash) }
        return groups
    }

    /// What the purge of a tag reaches.
    package static func tagged(_ tag: Span<UInt8>) -> CacheGroups {
        var groups = CacheGroups()
        groups.add(.tag, tag, ..<tag.count)
        groups.add(.manyTags, tag, ..<0)
        return groups
    }

    private static func end(of path: Span<UInt8>) -> Int {
        path.count > 1 && path[path.count - 1] == UInt8(ascii: "/") ? path.count - 1 : path.count
    }

    private mutating func add(_ kind: Kind, _ bytes: Span<UInt8>, _ range: PartialRangeUpTo<Int>) {
        var hasher = Hasher()
        hasher.combine(kind.rawValue)
        bytes.extracting(range).withUnsafeBytes { hasher.combine(bytes: $0) }
        hashes[count] = UInt32(truncatingIfNeeded: hasher.finalize())
        number += 1
    }
}
