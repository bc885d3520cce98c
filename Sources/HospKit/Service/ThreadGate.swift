/// The threads of the simulated application server: so many jobs in service, the others wait in order of arrival.
package struct ThreadGate<Job> {
    /// Jobs in service at a time, at least 1. Lowering it lets those in service finish.
    package var threads: Int
    package private(set) var inService = 0
    private var waiting: [Job?] = []
    private var head = 0

    package init(threads: Int) {
        self.threads = threads
    }

    package var queued: Int {
        waiting.count - head
    }

    package mutating func enqueue(_ job: Job) {
        waiting.append(job)
    }

    /// The next job to serve, which takes a thread; nil where none waits or no thread is free.
    package mutating func start() -> Job? {
        guard inService < threads, head < waiting.count, let job = waiting[head] else { return nil }
        waiting[head] = nil
        head += 1
        if head == waiting.count || head >= 1024 {
            waiting.removeFirst(head)
            head = 0
        }
        inService += 1
        return job
    }

    /// Gives a thread back.
    package mutating func finish() {
        inService = max(0, inService - 1)
    }

    /// Forgets everything, as a crash does.
    package mutating func clear() {
        waiting.removeAll()
        head = 0
        inService = 0
    }
}
