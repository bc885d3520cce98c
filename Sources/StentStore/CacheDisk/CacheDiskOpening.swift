import Glibc
import StentExchange

/// What a tier begins with.
struct CacheDiskOpening {
    let directory: CacheDiskDirectory
    let key: CacheDiskKey
    /// What is on the disk, the oldest first.
    private(set) var files: [CacheDiskFile] = []
    private(set) var index: CacheTierIndex
    private(set) var segments: [UInt64: CacheSegment] = [:]
    private(set) var status = CacheDiskStatus.empty(.firstStart)
    private(set) var nextNumber: UInt64 = 1

    /// - Throws: `CacheDiskError` where the directory can't be used, or what the last run left can't be removed from it.
    init(
        _ settings: CacheDiskSettings, calls: CacheDiskCalls,
        resume: (CacheTierKey, _ variant: [UInt8], _ label: [UInt8]) -> CacheTierMark?
    ) throws(CacheDiskError) {
        let directory = try CacheDiskDirectory(path: settings.directory, calls: calls)
        do throws(CacheDiskError) {
            self.directory = directory
            index = CacheTierIndex(capacity: settings.index.value)
            key = try CacheDiskKey(path: settings.key)
            let left = try CacheIndexFile.take(from: directory, key, limit: settings.index.value * 4 + (16 << 20))
            let numbers = try directory.names().compactMap(CacheSegment.number(inName:)).sorted()
            nextNumber = (numbers.last ?? 0) &+ 1
            switch left {
            case .nothing: status = .empty(numbers.isEmpty ? .firstStart : .notStopped)
            case .unreadable(let error): status = .empty(.indexUnreadable(error))
            case .index(let listed, let blocks):
                open(listed)
                take(blocks, resume)
            }
            try directory.remove(CacheIndexFile.temporary)
            for number in numbers where segments[number] == nil { try directory.remove(CacheSegment.name(number)) }
        } catch {
            directory.unlock()
            throw error
        }
    }

    /// Those that can't be opened are removed later, like all that nobody knows.
    private mutating func open(_ listed: [CacheIndexFile.Segment]) {
        for segment in listed.sorted(by: { $0.number < $1.number }) {
            guard
                let (descriptor, size) = try? directory.open(CacheSegment.name(segment.number), O_RDONLY, for: .read)
            else { continue }
            segments[segment.number] = CacheSegment(
                number: segment.number, salt: segment.salt, descriptor: descriptor, key)
            files.append(CacheDiskFile(number: segment.number, size: size))
        }
    }

    private mutating func take(
        _ blocks: [[UInt8]], _ resume: (CacheTierKey, _ variant: [UInt8], _ label: [UInt8]) -> CacheTierMark?
    ) {
        var sizes: [UInt64: Int] = [:]
        for file in files { sizes[file.number] = file.size }
        var dropped = 0
        for block in blocks {
            CacheIndexFile.forEachItem(in: block) { item in
                let key = CacheTierKey(item.key)
                guard let size = sizes[item.place.segment], item.place.length <= size,
                    item.place.offset <= size - item.place.length, let mark = resume(key, item.variant, item.label),
                    let id = index.add(key, variant: item.variant, label: item.label, mark: mark),
                    index.place(id, at: item.place) == .placed
                else {
                    dropped += 1
                    return
                }
            }
        }
        var used: Set<UInt64> = []
        index.forEach { used.insert($0.place.segment) }
        files.removeAll { !used.contains($0.number) }
        segments = segments.filter { used.contains($0.key) }
        status = .resumed(copies: index.copies, dropped: dropped)
    }
}

/// A segment as the writer knows it.
struct CacheDiskFile: Sendable {
    var number: UInt64
    /// In bytes.
    var size: Int
}
