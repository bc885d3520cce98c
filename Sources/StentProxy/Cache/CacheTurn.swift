import NIOCore
import StentAudit
import StentModel
import StentPolicy

/// What the cache has to do with the exchange under way.
struct CacheTurn {
    let plan: CachePlan
    let key: CacheKey
    /// Path without query and suffix.
    let path: [UInt8]
    /// What the client's own Cache-Control asks for.
    let control: RequestCacheControl
    /// What the caller's copies are in a group of; empty where there is one copy for all.
    let partition: [UInt8]

    /// What is there and may be given.
    var entry: CacheEntry?
    /// What it is to this request.
    var answer: WholeAnswer?
    /// What is there and can't be used as it is: to be validated, or to be served while the upstream fails.
    var outdated: CacheEntry?
    var status = CacheStatus(.forwarded(.miss))
    var use: ExchangeRecord.CacheUse?

    /// What is to be fetched is a whole response, whatever the client's own conditions are.
    var fetchesWhole = false

    /// The tier under the memory was asked.
    var hasAskedTier = false

    // A fetch.
    var groups: CacheGroups?
    var stamp: CacheStamp?
    var began = Moment(nanoseconds: 0)
    /// The fetch that others may wait for.
    var flight: FlightID?
    /// The fetch that this request waits for.
    var waiting: (id: FlightWaiterID, waiter: LoopWaiter<FlightOutcome>)?
    /// Fetches that it has waited for in vain.
    var wakes = 0
    /// The answer on its way may be stored.
    var lifetime: CacheLifetime?
    /// Its content, where it is passed on as it comes.
    var copy = ByteBuffer()

    init(plan: CachePlan, key: CacheKey, path: [UInt8], control: RequestCacheControl, partition: [UInt8]) {
        self.plan = plan
        self.key = key
        self.path = path
        self.control = control
        self.partition = partition
    }

    /// What the answer can be made invalid by, beside its path.
    var tags: [[UInt8]] { partition.isEmpty ? plan.tags : plan.tags + [partition] }

    /// The field lines by which the upstream is asked whether what is there is still good; `nil` where the client's own
    /// conditions and ranges go upstream.
    var condition: [UInt8]? {
        guard groups != nil else { return nil }
        var lines: [UInt8] = []
        if let outdated { RevalidationRule.appendCondition(outdated.validators, to: &lines) }
        return lines.isEmpty && plan.override == nil && !fetchesWhole ? nil : lines
    }
}
