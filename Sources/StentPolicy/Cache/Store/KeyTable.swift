/// Keys in full, each with a number that is its own for as long as it is in the table.
///
/// Rows in chains under the buckets of a `LinearHash`. Every call takes a time that does not depend on the number of
/// keys, as long as the hashes are spread; nothing is allocated but the copy of a key that is added.
package struct KeyTable: Sendable {
    private struct Row: Sendable {
        var key: [UInt8]
        var hash: UInt64
        /// The next row of this bucket, or of those that are free.
        var next: Int32
        /// What the owner of the table keeps of the key.
        var mark: Int32
    }

    private static let none: Int32 = -1

    private var rows = Chunked<Row>()
    private var buckets = Chunked<Int32>()
    private var address = LinearHash()
    private var free = Self.none
    package private(set) var count = 0

    package init() { buckets.append(Self.none) }

    /// Whether there are row numbers left.
    package var hasRoom: Bool { free >= 0 || rows.count < Int(Int32.max) }

    package func find(_ key: Span<UInt8>, hash: UInt64) -> Int? {
        var row = buckets[address.bucket(of: hash)]
        while row >= 0 {
            if rows[Int(row)].hash == hash, Self.same(rows[Int(row)].key, key.bytes) { return Int(row) }
            row = rows[Int(row)].next
        }
        return nil
    }

    package func key(of row: Int) -> [UInt8] { rows[row].key }
    package func hash(of row: Int) -> UInt64 { rows[row].hash }
    package func mark(of row: Int) -> Int32 { rows[row].mark }
    package mutating func setMark(of row: Int, to mark: Int32) { rows[row].mark = mark }

    /// - Precondition: the key is not in the table, and there is room.
    /// - Returns: the row, with a mark of -1.
    package mutating func add(_ key: Span<UInt8>, hash: UInt64) -> Int {
        if count >= address.count { split() }
        let copy = [UInt8](unsafeUninitializedCapacity: key.count) { buffer, count in
            for position in key.indices { buffer[position] = key[position] }
            count = key.count
        }
        let bucket = address.bucket(of: hash)
        let row = Row(key: copy, hash: hash, next: buckets[bucket], mark: -1)
        let place: Int
        if free >= 0 {
            place = Int(free)
            free = rows[place].next
            rows[place] = row
        } else {
            place = rows.count
            rows.append(row)
        }
        buckets[bucket] = Int32(truncatingIfNeeded: place)
        count += 1
        return place
    }

    package mutating func remove(_ row: Int) {
        let bucket = address.bucket(of: rows[row].hash)
        let next = rows[row].next
        if buckets[bucket] == row {
            buckets[bucket] = next
        } else {
            var before = Int(buckets[bucket])
            while rows[before].next != row { before = Int(rows[before].next) }
            rows[before].next = next
        }
        rows[row].key = []
        rows[row].next = free
        free = Int32(truncatingIfNeeded: row)
        count -= 1
    }

    private mutating func split() {
        let old = address.grow()
        let new = buckets.count
        var row = buckets[old]
        buckets[old] = Self.none
        buckets.append(Self.none)
        while row >= 0 {
            let next = rows[Int(row)].next
            let bucket = address.bucket(of: rows[Int(row)].hash) == old ? old : new
            rows[Int(row)].next = buckets[bucket]
            buckets[bucket] = row
            row = next
        }
    }

    private static func same(_ left: [UInt8], _ right: RawSpan) -> Bool {
        let left = left.span.bytes
        guard left.byteCount == right.byteCount else { return false }
        var offset = 0
        // The loads are called unsafe for types that not every bit pattern is a value of; their bounds are checked.
        while offset &+ 8 <= left.byteCount {
            guard
                left.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    == right.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset &+= 8
        }
        while offset < left.byteCount {
            guard
                left.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
                    == right.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            else { return false }
            offset &+= 1
        }
        return true
    }
}
