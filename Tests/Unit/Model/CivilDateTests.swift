import Foundation
import StentModel
import Testing

@Suite struct `A civil date` {
    @Test(arguments: [
        (0, 1970, 1, 1), (-1, 1969, 12, 31), (59, 1970, 3, 1), (789, 1972, 2, 29), (790, 1972, 3, 1),
        (11_016, 2000, 2, 29), (11_017, 2000, 3, 1), (20_513, 2026, 3, 1), (47_540, 2100, 2, 28), (47_541, 2100, 3, 1),
        (-25_509, 1900, 2, 28), (-25_508, 1900, 3, 1), (106_751, 2262, 4, 11), (-106_752, 1677, 9, 21),
        (2_932_896, 9999, 12, 31), (-719_162, 1, 1, 1), (-719_468, 0, 3, 1), (-719_469, 0, 2, 29),
    ])
    func `is a number of days since 1970`(days: Int, year: Int, month: Int, day: Int) {
        let date = CivilDate(daysSince1970: days)
        #expect((date.year, date.month, date.day) == (year, month, day))
    }

    @Test func `is followed by the next, over four centuries`() {
        var before = CivilDate(daysSince1970: -60_000)
        for days in -59_999...90_000 {
            let date = CivilDate(daysSince1970: days)
            let isLeap = before.year % 4 == 0 && (before.year % 100 != 0 || before.year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            var next = before
            next.day += 1
            if next.day > lengths[next.month - 1] {
                next.day = 1
                next.month += 1
            }
            if next.month > 12 {
                next.month = 1
                next.year += 1
            }
            guard date == next else {
                Issue.record("\(date) follows \(before)")
                return
            }
            before = date
        }
    }
}
