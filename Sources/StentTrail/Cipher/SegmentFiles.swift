import Glibc

/// Encrypted segments on the disk: made of closed ones, and given new keys.
package enum SegmentFiles {
    /// What became of one file.
    package enum Rekeyed: Sendable, Equatable {
        case changed
        /// It has that key and no other.
        case unchanged
    }

    /// Encrypts a closed segment, reads the result back, and only then removes the plain one.
    ///
    /// The result has its name with `.enc` behind it as soon as it is whole and on the disk. A crash leaves the plain
    /// segment, and perhaps a file `….enc.new` that the next call overwrites.
    ///
    /// - Throws: where a file can't be read or written; the plain segment is there then.
    package static func encrypt(_ path: String, under key: SegmentKey) throws {
        let source = try FileSource(path)
        let temporary = "\(path).enc.new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw TrailFault(temporary, .write(code: errno)) }
        defer { close(descriptor) }
        do {
            try write(source, under: key, to: descriptor, temporary)
            try sync(descriptor, temporary)
            try compare(path, with: temporary, key)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, "\(path).enc") == 0 else { throw TrailFault("\(path).enc", .write(code: errno)) }
        try syncDirectory(of: path)
        guard unlink(path) == 0 else { throw TrailFault(path, .write(code: errno)) }
    }

    /// Wraps an encrypted segment's data key under the first key of the ring, and under no other; the text stays as it is.
    ///
    /// The new slot is on the disk before the old one is cleared: whatever interrupts it, one of the keys opens the file.
    ///
    /// - Throws: where the file can't be read or written, or none of the keys opens it.
    package static func rekey(_ path: String, _ ring: SegmentKeyRing) throws -> Rekeyed {
        guard let new = ring.keys.first else { throw TrailFault(path, .key("no key was given to wrap it under")) }
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw TrailFault(path, .open(code: errno)) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: SegmentHead.length)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else {
            throw TrailFault(path, .encrypted(.notEncrypted))
        }
        do {
            var head = try SegmentHead(bytes)
            if let opened = try? head.open(with: SegmentKeyRing([new])) {
                guard opened.spare != .empty else { return .unchanged }
                head.clear(slot: 1 - opened.slot)
                try write(head, slot: 1 - opened.slot, to: descriptor, path)
                return .changed
            }
            let opened = try head.open(with: ring)
            try head.put(opened.dataKey, under: new, slot: 1 - opened.slot)
            try write(head, slot: 1 - opened.slot, to: descriptor, path)
            head.clear(slot: opened.slot)
            try write(head, slot: opened.slot, to: descriptor, path)
            return .changed
        } catch let fault as SegmentFault {
            throw TrailFault(path, .encrypted(fault))
        }
    }

    private static func write(_ head: SegmentHead, slot: Int, to descriptor: Int32, _ path: String) throws(TrailFault) {
        let bytes = head.slots[slot]
        guard pwrite(descriptor, bytes, bytes.count, off_t(SegmentHead.offset(ofSlot: slot))) == bytes.count else {
            throw TrailFault(path, .write(code: errno))
        }
        try sync(descriptor, path)
    }

    private static func write(
        _ source: FileSource, under key: SegmentKey, to descriptor: Int32, _ path: String
    ) throws {
        var (cipher, output) = try SegmentCipher.begin(under: key)
        var rest: [UInt8] = []
        while true {
            let chunk = try source.next()
            rest += chunk
            var start = 0
            while rest.count - start > SegmentHead.blockSize {
                output += try cipher.seal(Array(rest[start..<start + SegmentHead.blockSize]), .inner)
                start += SegmentHead.blockSize
            }
            rest.removeFirst(start)
            if chunk.isEmpty { output += try cipher.seal(rest, .last) }
            try append(output, to: descriptor, path)
            output.removeAll(keepingCapacity: true)
            if chunk.isEmpty { return }
        }
    }

    private static func append(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(TrailFault) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw TrailFault(path, .write(code: errno)) }
            offset += count
        }
    }

    /// - Throws: where the encrypted file does not say what the plain one does.
    private static func compare(_ plain: String, with encrypted: String, _ key: SegmentKey) throws(TrailFault) {
        let left = try FileSource(plain)
        let right = try SealedSource(try FileSource(encrypted), path: encrypted, keys: SegmentKeyRing([key]))
        var waiting: [UInt8] = []
        while true {
            let text = try right.next()
            while waiting.count < text.count {
                let more = try left.next()
                if more.isEmpty { break }
                waiting += more
            }
            if text.isEmpty { waiting += try left.next() }
            guard waiting.starts(with: text), !text.isEmpty || waiting.isEmpty else {
                throw TrailFault(encrypted, .write(code: EIO))
            }
            if text.isEmpty { return }
            waiting.removeFirst(text.count)
        }
    }

    private static func sync(_ descriptor: Int32, _ path: String) throws(TrailFault) {
        guard fsync(descriptor) == 0 else { throw TrailFault(path, .write(code: errno)) }
    }

    private static func syncDirectory(of path: String) throws(TrailFault) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TrailFault(folder, .open(code: errno)) }
        defer { close(descriptor) }
        try sync(descriptor, folder)
    }
}
