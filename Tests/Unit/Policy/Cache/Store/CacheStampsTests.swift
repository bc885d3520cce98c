import StentModel
import StentPolicy
import Testing

extension CacheGroups {
    static func read(_ path: String, tags: [String] = []) -> CacheGroups {
        let bytes = Array(path.utf8)
        return read(path: bytes.span, tags: tags.map { Array($0.utf8) })
    }

    static func written(_ path: String) -> CacheGroups {
        let bytes = Array(path.utf8)
        return written(path: bytes.span)
    }

    static func tagged(_ tag: String) -> CacheGroups {
        let bytes = Array(tag.utf8)
        return tagged(bytes.span)
    }
}

private let began = Moment(nanoseconds: 1_000)

@Suite struct `Stamps of the cache` {
    @Test func `stay current while nothing happens to their groups`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes/5", tags: ["ward"])
        let stamp = stamps.note(groups)
        stamps.bump(.written("/patients/5"))
        stamps.bump(.tagged("clinic"))
        #expect(stamps.standing(stamp, groups) == .current)
        #expect(stamps.mayStore(stamp, groups, began: began) == .allowed)
    }

    @Test(arguments: ["/notes/5", "/notes"])
    func `of an item and its collection end with a write to the item`(path: String) {
        var stamps = CacheStamps()
        let groups = CacheGroups.read(path)
        let stamp = stamps.note(groups)
        stamps.bump(.written("/notes/5"))
        #expect(stamps.standing(stamp, groups) == .invalid)
        #expect(stamps.mayStore(stamp, groups, began: began) == .superseded)
        #expect(stamps.standing(stamps.note(groups), groups) == .current)
    }

    @Test(arguments: ["/", "/notes/6", "/notes/5/pictures", "/note", "/notes/"])
    func `of other resources outlive a write, and so do those of items a write to their collection`(path: String) {
        var stamps = CacheStamps()
        let groups = CacheGroups.read(path)
        let stamp = stamps.note(groups)
        stamps.bump(.written(path == "/notes/" ? "/patients/5" : "/notes/5"))
        #expect(stamps.standing(stamp, groups) == .current)
        let item = CacheGroups.read("/notes/7")
        let itemStamp = stamps.note(item)
        stamps.bump(.written("/notes"))
        #expect(stamps.standing(itemStamp, item) == .current)
    }

    @Test func `take a slash at the end of a path for nothing`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes")
        let stamp = stamps.note(groups)
        stamps.bump(.written("/notes/5/"))
        #expect(stamps.standing(stamp, groups) == .invalid)
        let root = CacheGroups.read("/")
        let rootStamp = stamps.note(root)
        stamps.bump(.written("/"))
        #expect(stamps.standing(rootStamp, root) == .invalid)
    }

    @Test(arguments: [1, 7, 8, 40])
    func `end with the purge of any of their tags, however many they are`(count: Int) {
        let tags = (0..<count).map { "tag \($0)" }
        let groups = CacheGroups.read("/notes", tags: tags)
        #expect(groups.count == min(count, 7) + 1)
        for tag in tags {
            var stamps = CacheStamps()
            let stamp = stamps.note(groups)
            stamps.bump(.tagged(tag))
            #expect(stamps.standing(stamp, groups) == .invalid)
        }
    }

    @Test func `tell a tag from a path of the same text`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes")
        let stamp = stamps.note(groups)
        stamps.bump(.tagged("/notes"))
        #expect(stamps.standing(stamp, groups) == .current)
    }

    @Test func `become stale by a soft purge, and what was being fetched is stored as stale`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes", tags: ["ward"])
        let stamp = stamps.note(groups)
        stamps.bump(.tagged("ward"), .soft)
        #expect(stamps.standing(stamp, groups) == .stale)
        #expect(stamps.mayStore(stamp, groups, began: began) == .allowed)
        #expect(stamps.note(groups) != stamp)
        stamps.bump(.written("/notes"))
        #expect(stamps.standing(stamp, groups) == .invalid)
    }

    @Test func `end or become stale all at once when everything is purged`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes")
        let stamp = stamps.note(groups)
        stamps.bumpEverything(.soft)
        #expect(stamps.standing(stamp, groups) == .stale)
        stamps.bumpEverything()
        #expect(stamps.standing(stamp, groups) == .invalid)
        #expect(stamps.standing(stamps.note(groups), groups) == .current)
    }

    @Test func `keep out what was being fetched when a walk began, and nothing that is stored`() {
        var stamps = CacheStamps()
        let groups = CacheGroups.read("/notes")
        let stamp = stamps.note(groups)
        stamps.fence()
        #expect(stamps.standing(stamp, groups) == .current)
        #expect(stamps.mayStore(stamp, groups, began: began) == .superseded)
        #expect(stamps.mayStore(stamps.note(groups), groups, began: began) == .allowed)
    }

    @Test func `let nothing be stored that was fetched while a write may have taken effect`() {
        var stamps = CacheStamps()
        let end = began.advanced(by: .seconds(30))
        stamps.bump(.written("/notes/5"))
        stamps.hold(.written("/notes/5"), until: end)
        stamps.hold(.written("/notes/5"), until: began)
        for path in ["/notes/5", "/notes"] {
            let groups = CacheGroups.read(path)
            let stamp = stamps.note(groups)
            #expect(stamps.mayStore(stamp, groups, began: Moment(nanoseconds: end.nanoseconds - 1)) == .held)
            #expect(stamps.mayStore(stamp, groups, began: end) == .allowed)
        }
        let other = CacheGroups.read("/patients")
        #expect(stamps.mayStore(stamps.note(other), other, began: began) == .allowed)
    }

    @Test(arguments: [0, 1, 3, 16])
    func `never miss a write, with however few slots`(slots: Int) {
        var stamps = CacheStamps(slots: slots)
        for number in 0..<40 {
            let groups = CacheGroups.read("/notes/\(number)", tags: ["a", "b"])
            let stamp = stamps.note(groups)
            stamps.bump(.written("/notes/\(number)"))
            #expect(stamps.standing(stamp, groups) == .invalid)
        }
    }

    @Test(arguments: ["", "notes", "//", "/"])
    func `take any path`(path: String) {
        let read = CacheGroups.read(path)
        let written = CacheGroups.written(path)
        #expect(read.count == 1)
        #expect(written.count == 1)
        #expect(read[0] == written[0])
    }
}
