import Glibc
import StentModel
import StentTrail
import Testing

@Suite struct TrailFollowingTests {
    private func ids(_ lines: [[UInt8]]) -> [Int] {
        lines.compactMap { TrailRecord($0)?.id.flatMap { Int($0.dropFirst(3)) } }
    }

    /// All that is there now.
    private func drain(_ follower: TrailFollower) throws -> [Int] {
        var found: [Int] = []
        while true {
            let lines = try follower.next()
            if lines.isEmpty { return found }
            TrailSearch.forEachLine(of: lines, TrailFilter()) { _, line in found += ids([line]) }
        }
    }

    @Test func `the newest lines are shown, from closed segments where the live file has too few`() throws {
        let folder = TrailFolder()
        folder.exchange(10)
        try folder.rotate()
        folder.exchange(10)
        try folder.rotate()
        folder.exchange(2)
        folder.compress(folder.segments[0])
        var filter = TrailFilter()
        filter.users = ["staff1"]
        for (count, wanted) in [(0, []), (1, [21]), (2, [16, 21]), (4, [6, 11, 16, 21]), (9, [1, 6, 11, 16, 21])] {
            let end = try TrailEnd.lines(count, of: folder.directory, filter, keys: SegmentKeyRing())
            #expect(ids(end.lines) == wanted)
        }
    }

    @Test func `lines are found at the end of a file that is longer than what is looked at first`() throws {
        let folder = TrailFolder()
        folder.exchange(12_000)
        var filter = TrailFilter()
        filter.ids = ["id-3"]
        #expect(ids(try TrailEnd.lines(1, of: folder.directory, filter, keys: SegmentKeyRing()).lines) == [3])
        let end = try TrailEnd.lines(3, of: folder.directory, TrailFilter(), keys: SegmentKeyRing())
        #expect(ids(end.lines) == [11_997, 11_998, 11_999])
    }

    @Test func `what comes is followed through rotations, each line once`() throws {
        let folder = TrailFolder()
        folder.exchange(3)
        let follower = try TrailEnd.lines(1, of: folder.directory, TrailFilter(), keys: SegmentKeyRing()).follower
        #expect(try drain(follower) == [])
        folder.exchange(2)
        #expect(try drain(follower) == [3, 4])
        folder.exchange(2)
        try folder.rotate()
        folder.exchange(2)
        #expect(try drain(follower) == [5, 6, 7, 8])
        // Several between two looks.
        for _ in 0..<3 {
            try folder.rotate()
            folder.exchange(1)
        }
        #expect(try drain(follower) == [9, 10, 11])
        try folder.rotate()
        #expect(try drain(follower) == [])
        folder.exchange(1)
        #expect(try drain(follower) == [12])
    }

    @Test func `a line is given out when its end is there`() throws {
        let folder = TrailFolder()
        let follower = try TrailEnd.lines(0, of: folder.directory, TrailFilter(), keys: SegmentKeyRing()).follower
        folder.exchange(1)
        let bytes = folder.read("audit.jsonl")
        let descriptor = open("\(folder.path)/audit.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(descriptor) }
        let line = Array(#"{"phase":"outcome","id":"id-77"}"#.utf8) + [0x0A]
        write(descriptor, line, 10)
        #expect(try drain(follower) == [0])
        write(descriptor, Array(line[10...]), line.count - 10)
        #expect(try drain(follower) == [77])
        #expect(folder.read("audit.jsonl").count == bytes.count + line.count)
    }

    @Test func `a live file that is gone for a while, or was cut, is followed when it is there again`() throws {
        let folder = TrailFolder()
        folder.exchange(2)
        let follower = try TrailEnd.lines(0, of: folder.directory, TrailFilter(), keys: SegmentKeyRing()).follower
        unlink("\(folder.path)/audit.jsonl")
        #expect(try drain(follower) == [])
        folder.exchange(1)
        #expect(try drain(follower) == [2])
        truncate("\(folder.path)/audit.jsonl", 0)
        #expect(try drain(follower) == [])
        folder.exchange(1)
        #expect(try drain(follower) == [3])
    }
}
