import StentExchange
import StentModel

/// What the event loops ask of the store's thread.
enum IdempotencyOperation: StoreOperation {
    case begin(IdempotencyScope, fingerprint: [UInt8], now: WallTime, @Sendable (IdempotencyBegin) -> Void)
    case complete(IdempotencyScope, KeptAnswer, now: WallTime, @Sendable (Bool) -> Void)
    case abandon(IdempotencyScope, IdempotencyEnding, now: WallTime)

    var weight: Int {
        switch self {
        case .begin, .abandon: 256
        case .complete(_, let answer, _, _): 256 + answer.fields.count + answer.content.count
        }
    }

    func refuse() {
        switch self {
        case .begin(_, _, _, let answer): answer(.unavailable)
        case .complete(_, _, _, let done): done(false)
        case .abandon: break
        }
    }
}
