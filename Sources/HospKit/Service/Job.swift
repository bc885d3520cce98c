import NIOCore

/// One request on its way through the simulator. Lives on the event loop.
final class Job {
    let sequence: Int
    let request: HospRequest
    let route: Route
    /// The method after override.
    let method: String
    let plan: Plan
    /// Added to the service time, not scaled.
    let delayMilliseconds: Int
    let conversation: Conversation
    /// When it got a thread.
    var startedAt: NIODeadline?
    /// The client has its answer, or will never have one. The work may still be to do.
    var isAnswered = false
    /// The server went down under it: nothing more is done.
    var isLost = false
    var service: Scheduled<Void>?
    var gatewayTimeout: Scheduled<Void>?

    init(
        sequence: Int, request: HospRequest, route: Route, method: String, plan: Plan, delayMilliseconds: Int,
        conversation: Conversation
    ) {
        self.sequence = sequence
        self.request = request
        self.route = route
        self.method = method
        self.plan = plan
        self.delayMilliseconds = delayMilliseconds
        self.conversation = conversation
    }
}
