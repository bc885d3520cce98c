import Glibc

/// The trail's directory as a reader sees it, whether or not a stent writes there.
package struct TrailDirectory: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    package func path(of file: TrailFile) -> String { "\(path)/\(file.name)" }

    /// The live file, held open, and the closed segments in the order of their numbers.
    struct Listing {
        var segments: [TrailFile]
        var live: (file: TrailFile, source: FileSource)?
    }

    /// Looks at the live file first, and then at the names: closed in between, it is found among the segments, and is
    /// neither missed nor read twice.
    ///
    /// - Throws: where the directory can't be read, or the live file is there and can't be opened.
    func listing() throws(TrailFault) -> Listing {
        var source: FileSource?
        do throws(TrailFault) {
            source = try FileSource("\(path)/\(TrailFile.liveName)")
        } catch {
            guard error.kind == .open(code: ENOENT) else { throw error }
        }
        var segments = try segments()
        guard let source, let live = TrailFile(name: TrailFile.liveName) else {
            return Listing(segments: segments, live: nil)
        }
        if let index = segments.lastIndex(where: { FileIdentity(at: path(of: $0)) == source.identity }) {
            let file = segments.remove(at: index)
            return Listing(segments: segments, live: (file, source))
        }
        return Listing(segments: segments, live: (live, source))
    }

    /// Closed segments in the order of their numbers, each in the least worked-over form that is there: beside a form that
    /// is being made, the one it is made of is still whole.
    func segments() throws(TrailFault) -> [TrailFile] {
        var byNumber: [Int: TrailFile] = [:]
        for name in try names() {
            guard let file = TrailFile(name: name), let number = file.number else { continue }
            if let other = byNumber[number], (other.form.rawValue, other.name) <= (file.form.rawValue, name) {
                continue
            }
            byNumber[number] = file
        }
        return byNumber.values.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
    }

    /// Paths of all segments that are encrypted, in the order of their numbers.
    package func encryptedSegments() throws(TrailFault) -> [String] {
        let files = try names().compactMap(TrailFile.init).filter { $0.form.contains(.encrypted) }
        return files.sorted { ($0.number ?? 0, $0.name) < ($1.number ?? 0, $1.name) }.map(path)
    }

    /// - Returns: the file's content, worked-over forms undone.
    /// - Throws: also where a segment is there no more, in any form.
    func open(_ file: TrailFile, _ keys: SegmentKeyRing) throws(TrailFault) -> any TrailSource {
        do throws(TrailFault) {
            return try Self.open(path(of: file), file.form, keys)
        } catch {
            guard error.kind == .open(code: ENOENT), let number = file.number else { throw error }
            // It may have been compressed or encrypted since it was listed.
            guard let other = try segments().first(where: { $0.number == number }) else { throw error }
            return try Self.open(path(of: other), other.form, keys)
        }
    }

    private static func open(
        _ path: String, _ form: TrailFile.Form, _ keys: SegmentKeyRing
    ) throws(TrailFault) -> any TrailSource {
        var source: any TrailSource = try FileSource(path)
        if form.contains(.encrypted) { source = try SealedSource(source, path: path, keys: keys) }
        if form.contains(.compressed) { source = try GzipSource(source, path: path) }
        return source
    }

    private func names() throws(TrailFault) -> [String] {
        guard let directory = opendir(path) else { throw TrailFault(path, .listing(code: errno)) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            names.append(String(cString: name))
        }
        return names
    }
}
